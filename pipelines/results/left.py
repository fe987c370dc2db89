"""What earlier runs have left for a page to read."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from genlab.errors import InputError
from pipelines.configuration import project


def read(file: Path, made_by: str) -> dict[str, Any]:
    """A JSON file of the project.

    Raises:
        InputError: it is not there.
    """
    path = project() / file
    if not path.exists():
        raise InputError(f"{file} is not there. Make it: `{made_by}`.")
    return json.loads(path.read_text(encoding="utf-8"))


def metrics_of(recipe: str) -> dict[str, Any]:
    """A recipe's scores, as its evaluation has left them.

    Raises:
        InputError: it has not been evaluated.
    """
    return read(Path(f"data/08_reporting/{recipe}/metrics.json"), f"kedro run --pipeline={recipe}")


def prepared(image_set: str) -> Any:
    """A prepared set, a genlab.images.prepared_set.PreparedSet."""
    from genlab.images.prepared_set import PreparedSet

    return PreparedSet.load(project() / f"data/05_model_input/{image_set}")


def restored(recipe: str, model: Mapping[str, Any]) -> Any:
    """A trained recipe, a genlab.engine.Recipe, in evaluation mode, from its checkpoint and its description."""
    from pipelines.datasets import Weights
    from pipelines.release.nodes import trained

    return trained(Weights(str(project() / f"data/06_models/{recipe}/checkpoint.safetensors")).load(), model)


def thousandths(scores: Mapping[str, float], extractor: str = "efflite0") -> str:
    """KID x 1000 with its spread, as a table's cell."""
    return f"{round(1000 * scores[f'kid_{extractor}'])} ± {round(1000 * scores[f'kid_{extractor}_spread'])}"

"""What earlier runs have left for a page to read."""

import json
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

"""What earlier runs have left for a page to read."""

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from genlab.errors import InputError
from pipelines.configuration import project


class MissingResultsError(InputError):
    """No recipe of a page has all its results."""


class Written(NamedTuple):
    """A page that was written."""

    page: Path
    notes: list[str]  # what is missing on it, and how to make it


def complete(
    page: Path,
    entries: Mapping[str, Any],  # recipe -> its parameters
    needed: Callable[[str], Iterable[Path]],  # recipe -> the files that the page reads, from the project's folder
) -> tuple[dict[str, Any], list[str]]:
    """The recipes whose files are all there, and one note for each of the others.

    Raises:
        MissingResultsError: there is none.
    """
    found, notes = {}, []
    for name, entry in entries.items():
        missing = [file for file in needed(name) if not (project() / file).exists()]
        if missing:
            notes.append(f"{name} is left out: {missing[0]} is not there. Make it: `kedro run --pipeline={name}`.")
        else:
            found[name] = entry
    check_any(page, found, notes)
    return found, notes


def check_any(page: Path, entries: Mapping[str, Any], notes: Iterable[str]) -> None:
    """Check that a page has a recipe.

    Raises:
        MissingResultsError: it has none.
    """
    if not entries:
        raise MissingResultsError("\n  ".join([f"{page} is not written: no recipe in conf/ has all the results for it.", *notes]))


def reports(recipe: str, *names: str) -> list[Path]:
    """Files that evaluation and training leave of a recipe: its scores, and others by name."""
    return [Path(f"data/08_reporting/{recipe}/{name}") for name in ("metrics.json", *names)]


def trained_on(recipe: str, image_set: str) -> list[Path]:
    """What `restored` and `prepared` read."""
    return [Path(f"data/06_models/{recipe}/checkpoint.safetensors"), Path(f"data/05_model_input/{image_set}")]


def speeds_of(names: Iterable[str], benchmark: Path) -> tuple[dict[str, Any], list[str]]:
    """Speeds by recipe, as a benchmark has left them, and a note if those of some recipes are missing."""
    path = project() / benchmark
    speeds = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    missing = [name for name in names if name not in speeds]
    if not missing:
        return speeds, []
    command = f"python benchmarks/{benchmark.stem}.py {' '.join(missing)}"
    return speeds, [f"no speed of {', '.join(missing)} in {benchmark}. Measure it: `{command}`."]


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
    from genlab.export.release import restored as trained
    from pipelines.datasets import Weights

    return trained(Weights(str(project() / f"data/06_models/{recipe}/checkpoint.safetensors")).load(), model)


def thousandths(scores: Mapping[str, float], extractor: str = "efflite0") -> str:
    """KID x 1000 with its spread, as a table's cell."""
    return f"{round(1000 * scores[f'kid_{extractor}'])} ± {round(1000 * scores[f'kid_{extractor}_spread'])}"

"""The artifacts of earlier runs that a page is made of: scores, pictures, checkpoints, speeds."""

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from safetensors.torch import load_file

from genlab.engine.recipe import Recipe
from genlab.errors import InputError
from genlab.export.release import restored
from genlab.images.prepared_set import PreparedSet


class MissingResultsError(InputError):
    """No recipe of a page has all its results."""


class Project(NamedTuple):
    """A project's folder, and the recipes that it describes."""

    folder: Path
    recipes: Mapping[str, Any]  # recipe -> its parameters

    def family(self, name: str) -> dict[str, Any]:
        """Recipe -> its parameters, of the recipes of a family, sorted by name."""
        return {recipe: entry for recipe, entry in sorted(self.recipes.items()) if entry.get("family") == name}


class Written(NamedTuple):
    """A page that was written."""

    page: Path
    notes: list[str]  # what is missing on it, and how to make it


def complete(
    project: Project,
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
        missing = [file for file in needed(name) if not (project.folder / file).exists()]
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
    """Files that evaluation and training write for a recipe: its scores, and others by name."""
    return [Path(f"data/08_reporting/{recipe}/{name}") for name in ("metrics.json", *names)]


def trained_on(recipe: str, image_set: str) -> list[Path]:
    """The files that `trained` and `prepared` read."""
    return [Path(f"data/06_models/{recipe}/checkpoint.safetensors"), Path(f"data/05_model_input/{image_set}")]


def speeds_of(project: Project, names: Iterable[str], benchmark: Path) -> tuple[dict[str, Any], list[str]]:
    """Speeds by recipe, as a benchmark measured them, and a note if those of some recipes are missing."""
    path = project.folder / benchmark
    speeds = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    missing = [name for name in names if name not in speeds]
    if not missing:
        return speeds, []
    command = f"python benchmarks/{benchmark.stem}.py {' '.join(missing)}"
    return speeds, [f"no speed of {', '.join(missing)} in {benchmark}. Measure it: `{command}`."]


def read(project: Project, file: Path, made_by: str) -> dict[str, Any]:
    """A JSON file of the project.

    Raises:
        InputError: it is not there.
    """
    path = project.folder / file
    if not path.exists():
        raise InputError(f"{file} is not there. Make it: `{made_by}`.")
    return json.loads(path.read_text(encoding="utf-8"))


def metrics_of(project: Project, recipe: str) -> dict[str, Any]:
    """The content of a recipe's metrics.json.

    Raises:
        InputError: it has not been evaluated.
    """
    return read(project, Path(f"data/08_reporting/{recipe}/metrics.json"), f"kedro run --pipeline={recipe}")


def prepared(project: Project, image_set: str) -> PreparedSet:
    """A prepared set."""
    return PreparedSet.load(project.folder / f"data/05_model_input/{image_set}")


def trained(project: Project, recipe: str) -> Recipe:
    """A trained recipe in evaluation mode, from its checkpoint and its description."""
    checkpoint = load_file(project.folder / f"data/06_models/{recipe}/checkpoint.safetensors")
    return restored(checkpoint, project.recipes[recipe]["model"])


def thousandths(scores: Mapping[str, float], extractor: str = "efflite0") -> str:
    """KID x 1000 with its spread, as a table's cell."""
    return f"{round(1000 * scores[f'kid_{extractor}'])} ± {round(1000 * scores[f'kid_{extractor}_spread'])}"

"""The artifacts of earlier runs that pages are made from: scores, pictures, checkpoints, speeds."""

import json
import math
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image
from safetensors.torch import load_file

from genlab.engine.recipe import Recipe
from genlab.errors import InputError
from genlab.evaluation.scores import PROTOCOL
from genlab.export.release import restored
from genlab.images.prepared_set import PreparedSet


class MissingResultsError(InputError):
    """Raised if no recipe of a page has all results that the page needs."""


class Project(NamedTuple):
    """The folder of a project, and the recipes and claims that its configuration describes."""

    folder: Path
    recipes: Mapping[str, Any]  # recipe -> its parameters
    claims: Mapping[str, Any] = {}  # claim of the theory -> its description

    def family(self, name: str) -> dict[str, Any]:
        """Return the recipes of a family, recipe -> its parameters, sorted by name."""
        return {recipe: entry for recipe, entry in sorted(self.recipes.items()) if entry.get("family") == name}


class Written(NamedTuple):
    """A page that was written, with notes for the user."""

    page: Path
    notes: list[str]  # results that are missing on the page, and how to produce them


def complete(
    project: Project,
    page: Path,
    entries: Mapping[str, Any],  # recipe -> its parameters
    needed: Callable[[str], Iterable[Path]],  # recipe -> the files that the page reads, relative to the folder of the project
) -> tuple[dict[str, Any], list[str]]:
    """Select the recipes all of whose files exist -> these recipes with their parameters, and one note for each of the others.

    Raises:
        MissingResultsError: no recipe has all its files.
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
    """Check that a page has at least one recipe.

    Raises:
        MissingResultsError: it has none. The message lists the notes.
    """
    if not entries:
        raise MissingResultsError("\n  ".join([f"{page} is not written: no recipe in conf/ has all the results for it.", *notes]))


def reports(recipe: str, *names: str) -> list[Path]:
    """Return the paths of a recipe's metrics.json and of further files by name, as evaluation and training write them."""
    return [Path(f"data/08_reporting/{recipe}/{name}") for name in ("metrics.json", *names)]


def trained_on(recipe: str, image_set: str) -> list[Path]:
    """Return the paths that `trained` and `prepared` read: the checkpoint of a recipe, and the prepared set that it was trained on."""
    return [Path(f"data/06_models/{recipe}/checkpoint.safetensors"), Path(f"data/05_model_input/{image_set}")]


def speeds_of(project: Project, names: Iterable[str], benchmark: Path) -> tuple[dict[str, Any], list[str]]:
    """Read the speeds by recipe that a benchmark measured, and return them with a note if recipes are missing."""
    path = project.folder / benchmark
    speeds = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    missing = [name for name in names if name not in speeds]
    if not missing:
        return speeds, []
    command = f"python benchmarks/{benchmark.stem}.py {' '.join(missing)}"
    return speeds, [f"no speed of {', '.join(missing)} in {benchmark}. Measure it: `{command}`."]


def read(project: Project, file: Path, made_by: str) -> dict[str, Any]:
    """Read a JSON file of the project; `made_by` is the command that makes it.

    Raises:
        InputError: the file does not exist.
    """
    path = project.folder / file
    if not path.exists():
        raise InputError(f"{file} is not there. Make it: `{made_by}`.")
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def metrics_of(project: Project, recipe: str) -> dict[str, Any]:
    """Read the metrics.json of a recipe. Scores that are not finite, null in the file, are NaN.

    Raises:
        InputError: the recipe has not been evaluated.
    """
    content = read(project, Path(f"data/08_reporting/{recipe}/metrics.json"), f"kedro run --pipeline={recipe}")
    return {name: part if name == PROTOCOL else unnulled(part) for name, part in content.items()}


def unnulled(scores: Any) -> Any:
    """Copy of nested mappings in which NaN replaces null (None), the inverse of genlab.engine.json_text.nulled for scores."""
    if isinstance(scores, Mapping):
        return {name: unnulled(value) for name, value in scores.items()}
    return math.nan if scores is None else scores


def rank(headline: Mapping[str, Any]) -> tuple[bool, float]:
    """Sort key of a headline: the lowest value first, NaN last."""
    return math.isnan(headline["value"]), headline["value"]


def prepared(project: Project, image_set: str) -> PreparedSet:
    """Load a prepared set of the project."""
    return PreparedSet.load(project.folder / f"data/05_model_input/{image_set}")


def trained(project: Project, recipe: str) -> Recipe:
    """Restore a trained recipe from its checkpoint and its description, in evaluation mode."""
    checkpoint = load_file(project.folder / f"data/06_models/{recipe}/checkpoint.safetensors")
    return restored(checkpoint, project.recipes[recipe]["model"])


def thousandths(scores: Mapping[str, float], extractor: str) -> str:
    """Format KID x 1000 with its spread, if it has one, as a table cell, such as "27 ± 1"; "nan" if it is not finite."""
    kid = f"kid_{extractor}"
    return " ± ".join(f"{1000 * scores[name]:z.0f}" for name in (kid, f"{kid}_spread") if name in scores)


def save_as_webp(picture: Image.Image, file: Path) -> None:
    """Save a picture of a page as lossless WebP, which is about half as large as PNG."""
    picture.save(file, lossless=True, quality=100, method=6)


def copy_as_webp(source: Path, target: Path) -> None:
    """Copy a PNG file of an evaluation to a page's folder, as lossless WebP."""
    with Image.open(source) as picture:
        save_as_webp(picture, target)

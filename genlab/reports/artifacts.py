"""The artifacts of earlier runs that pages are made from: scores, pictures, checkpoints, speeds."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image
from safetensors.torch import load_file

from genlab.engine.recipe import Recipe
from genlab.errors import InputError
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


def trained_on(recipe: str, image_set: str) -> list[Path]:
    """Return the paths that `trained` and `prepared` read: the checkpoint of a recipe, and the prepared set that it was trained on."""
    return [Path(f"data/06_models/{recipe}/checkpoint.safetensors"), Path(f"data/05_model_input/{image_set}")]


def prepared(project: Project, image_set: str) -> PreparedSet:
    """Load a prepared set of the project."""
    return PreparedSet.load(project.folder / f"data/05_model_input/{image_set}")


def trained(project: Project, recipe: str) -> Recipe:
    """Restore a trained recipe from its checkpoint and its description, in evaluation mode."""
    checkpoint = load_file(project.folder / f"data/06_models/{recipe}/checkpoint.safetensors")
    return restored(checkpoint, project.recipes[recipe]["model"])


def save_as_webp(picture: Image.Image, file: Path) -> None:
    """Save a picture of a page as lossless WebP, which is about half as large as PNG."""
    picture.save(file, lossless=True, quality=100, method=4)


def copy_as_webp(source: Path, target: Path) -> None:
    """Copy a PNG file of an evaluation to a page's folder, as lossless WebP."""
    with Image.open(source) as picture:
        save_as_webp(picture, target)

"""The chapter on translation: held-out images, their translations by all recipes of a table, and the true images, from checkpoints."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from genlab.evaluation.scores import DIRECTIONS
from genlab.reports.artifacts import Project, prepared, save_as_webp, trained, trained_on
from genlab.reports.comparison.runs import ScoredRun

if TYPE_CHECKING:
    from PIL import Image

SHOWN = 16  # held-out images in a picture


def chapter(project: Project, runs: Sequence[ScoredRun], folder: Path) -> list[str]:
    """One picture per direction in which several recipes translate. Recipes without a checkpoint are left out."""
    lines: list[str] = []
    here = [run for run in runs if all((project.folder / file).exists() for file in trained_on(run.name, run.images))]
    for direction in DIRECTIONS:
        some = [run for run in here if run.evaluation.group(direction) is not None]
        if len(some) < 2:
            continue
        images = most_paired(some)
        file = f"{images}_{direction}.webp"
        save_as_webp(picture(project, some, images, direction), folder / file)
        lines += [f"![Held-out images, their translations ({direction.replace('_', ' ')}), and the true images]({folder.name}/{file})", ""]
    return lines


def most_paired(runs: Sequence[ScoredRun]) -> str:
    """The image set of most recipes; of equally frequent ones the first by name."""
    names = [run.images for run in runs]
    return max(sorted({*names}), key=names.count)


def picture(project: Project, runs: Sequence[ScoredRun], image_set: str, direction: str) -> "Image.Image":
    """Draw held-out source images, their translations by each recipe, and the true images."""
    import torch

    from genlab.engine.capabilities import Translates
    from genlab.engine.seeding import seed_everything
    from genlab.images.domain_names import domain_name
    from genlab.pictures.sheets import sheet
    from genlab.pictures.training import fixed_inputs

    images = prepared(project, image_set)
    inputs = fixed_inputs(images, SHOWN, torch.device("cpu"))
    source, target = direction.split("_to_")
    rows = {domain_name(images, source): inputs[source]}
    for run in runs:
        recipe = cast(Translates, trained(project, run.name))
        seed_everything(0)
        rows[run.name] = recipe.sample(inputs[source], direction)
    return sheet(rows | {domain_name(images, target): inputs[target]})

"""The pictures of a recipe on the page of its family: its samples, and the views that its evaluation drew."""

from collections.abc import Iterator
from pathlib import Path

from genlab.evaluation.scores import GroupName
from genlab.reports.artifacts import Project, copy_as_webp
from genlab.reports.comparison.runs import REPORTING, ScoredRun

CAPTIONS = {  # view -> caption, in the order of the page
    "truncation_curve": "KID, precision and recall by truncation:",
    "truncation": "The same latents, from the strongest truncation to none:",
    "class_interpolation": "Interpolation between classes:",
    "style_mixing": "Style mixing; each row shows the destinations with some styles of one source:",
    "noise": "The effect of the noise:",
    "ways": "Interpolation between latents, on a great circle in Z and on a straight line in W:",
    "projection": "Held-out images, and their projections into W:",
    "reconstructions": "Held-out images, and their reconstructions:",
    "components": "Components: the mean of each, then samples of it:",
    "choice": "The criterion by the number of components:",
    "latent_map": "The decoded plane of latents:",
    "latents": "Latents of held-out images:",
    "traversals": "Traversals of single latents:",
}


def section(project: Project, run: ScoredRun, folder: Path) -> Iterator[str]:
    """Copy the pictures of a recipe to the folder of the page, as <recipe>.webp and <recipe>_<view>.webp; yield the lines on them."""
    yield from (f"## {run.name}", "")
    reporting = project.folder / REPORTING / run.name
    if run.samples:
        copy_as_webp(reporting / "samples.png", folder / f"{run.name}.webp")
        yield from (f"![samples of {run.name}]({folder.name}/{run.name}.webp)", "")
    for view, caption in CAPTIONS.items():
        file = reporting / "pictures" / f"{view}.png"
        if file.is_file() and not (view == "truncation" and run.evaluation.group(GroupName.TRUNCATION) is None):
            copy_as_webp(file, folder / f"{run.name}_{view}.webp")
            yield from (caption, "", f"![{view.replace('_', ' ')} of {run.name}]({folder.name}/{run.name}_{view}.webp)", "")

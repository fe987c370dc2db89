"""All files of a comparison: page, Markdown, plots and sheets of samples."""

import hashlib
from collections.abc import Collection, Sequence

from genlab.engine.json_text import json_text
from genlab.reports.artifacts import Project
from genlab.reports.comparison.choice import Chosen, choose
from genlab.reports.comparison.markdown import markdown
from genlab.reports.comparison.page import page
from genlab.reports.comparison.plots import alone, curves, scatter
from genlab.reports.comparison.runs import ScoredRun
from genlab.reports.comparison.speed import sampling_speed
from genlab.reports.comparison.table import table_of

PAGE, TEXT, LISTING = "compare.html", "compare.md", "compare.json"
SCATTER = "precision against recall"


def compared(
    project: Project,
    runs: Sequence[ScoredRun],
    images: str,  # name of the image set
    only: Collection[str] | None,  # recipes; None: all
) -> dict[str, bytes]:
    """Choose and compare -> file name -> content. `compare.json` lists the others with their hashes.

    Raises:
        InputError: no recipe of the set has scores.
    """
    described = [name for name, entry in project.recipes.items() if entry.get("images") == images]
    chosen = choose(runs, images, only, described)
    return written(chosen._replace(runs=tuple(timed(project, run) for run in chosen.runs)))


def timed(project: Project, run: ScoredRun) -> ScoredRun:
    """Measure the sampling speed of a recipe's release. Without a size, the run is not that of the release in the project."""
    if run.size is None:
        return run
    side = run.evaluation.protocol.size[0]
    return run._replace(sampling_speed=sampling_speed(project.folder / "data/06_models" / run.name / "release", side))


def written(chosen: Chosen) -> dict[str, bytes]:
    """The files of a comparison."""
    table, pair = table_of(chosen.runs), scatter(chosen.runs)
    plots = ({SCATTER: pair} if pair else {}) | curves(chosen.runs)
    names = {title: f"{title.replace('/', '_').replace(' ', '_')}.svg" for title in plots}
    contents = {
        PAGE: page(chosen, table, plots).encode(),
        TEXT: markdown(chosen, table, names).encode(),
        **{names[title]: alone(svg).encode() for title, svg in plots.items()},
        **{f"{run.name}.png": run.samples for run in chosen.runs if run.samples},
    }
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in sorted(contents.items())}
    listing = {"images": chosen.images, "recipes": [run.name for run in chosen.runs], "others": dict(chosen.others), "sha256": hashes}
    return contents | {LISTING: (json_text(listing, indent=1) + "\n").encode()}

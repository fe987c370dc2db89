"""Node of the comparison, an adapter of genlab.reports.comparison."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any


def compare(
    project: Path,
    runs: Callable[[str], Sequence[Any]],  # source -> genlab.reports.comparison.runs.ScoredRun
    entry: Mapping[str, Any],
) -> dict[str, bytes]:
    """Compare the scored recipes of an image set -> file name -> content."""
    from genlab.reports.artifacts import Project
    from genlab.reports.comparison.files import compared
    from pipelines.comparison.parameters import chosen
    from pipelines.configuration import recipes

    return compared(Project(project, recipes()), runs(entry["source"]), entry["images"], chosen(entry))

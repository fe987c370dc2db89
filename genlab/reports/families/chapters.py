"""Chapters on scores that some recipes have: scores by class, path lengths, and scores by truncation."""

from collections.abc import Sequence
from pathlib import Path

from genlab.evaluation.scores import Group, GroupName, RowName
from genlab.reports.artifacts import Project
from genlab.reports.comparison.runs import ScoredRun
from genlab.reports.few_digits import few, shown, title
from genlab.reports.markdown import table


def scored(runs: Sequence[ScoredRun], name: GroupName) -> dict[str, Group]:
    """The recipes that have a group of scores -> the group."""
    return {run.name: group for run in runs if (group := run.evaluation.group(name)) is not None}


def labels(project: Project, runs: Sequence[ScoredRun], folder: Path) -> list[str]:
    """How well samples match their labels, as a table with a row per class."""
    within, classes = scored(runs, GroupName.KID_WITHIN_CLASSES), scored(runs, GroupName.CLASSES)
    if not within or not classes:
        return []
    rows = {f"`{name}`": group.own for name, group in within.items()}
    rows |= {str(row.name): row for row in next(iter(within.values())).baselines if row.name == RowName.TRAINING_IMAGES}
    names = list(next(iter(rows.values())).values)
    cells = [[name, *(shown(name, row.values[name].value, group=GroupName.KID_WITHIN_CLASSES) for row in rows.values())] for name in names]
    real = next((row for row in next(iter(classes.values())).baselines if row.name == RowName.HELD_OUT_IMAGES), None)
    ceiling = f" That of real images is {few(real.values['recognised'].value)}, which is the ceiling of CAS." if real else ""
    return [
        "### Are the labels obeyed?",
        "",
        "- recognised: the share of samples that a classifier trained on the real training images assigns to the class they were",
        f"  generated for (GAN-test, arXiv:1807.09499).{ceiling} Samples that are recognised more often are more clear-cut than real",
        "  images, not better.",
        "- cas: the share of held-out images that the same kind of classifier, trained on samples only, classifies correctly",
        "  (arXiv:1905.10887).",
        "",
        "KID x 1000 between samples and held-out images of one class:",
        "",
        *table(["class", *rows], cells),
        "",
    ]


def path_lengths(project: Project, runs: Sequence[ScoredRun], folder: Path) -> list[str]:
    """Path lengths in Z and W."""
    found = scored(runs, GroupName.PATH_LENGTH)
    rows = []
    for name, group in found.items():
        lengths = {str(row.name): next(iter(row.values.items())) for row in group.rows}
        cells = [shown(score, value.value, value.spread) for score, value in (lengths[RowName.Z], lengths[RowName.W])]
        rows.append([f"`{name}`", *cells, f"{lengths[RowName.W][1].value / lengths[RowName.Z][1].value:.2f}"])
    protocols = {run.evaluation.protocol.path_length for run in runs if run.name in found}
    if not rows:
        return []
    return [
        "### Is W less entangled than Z?",
        "",
        "The perceptual path length (arXiv:1812.04948, section 4.1) measures how fast images change along paths between latents, on a",
        "great circle in Z and on a straight line in W; lower is smoother. Distances are between activations of the extractor, not of",
        f"VGG, so the numbers are comparable within this table only. {'; '.join(filter(None, protocols))}.",
        "",
        "A ratio below 1 is no proof: an untrained mapping also folds Z, and its generator has an equally low ratio.",
        "",
        *table(("recipe", "Z", "W", "W / Z"), rows),
        "",
    ]


def truncation(project: Project, runs: Sequence[ScoredRun], folder: Path) -> list[str]:
    """Scores by truncation, one row per bound or psi."""
    lines: list[str] = []
    groups = scored(runs, GroupName.TRUNCATION)
    for own in (RowName.UNBOUNDED, RowName.PSI_1):  # bounds of latents, psi of styles
        found = {name: {str(row.name): row.values for row in group.rows} for name, group in groups.items() if group.own.name == own}
        if not found:
            continue
        first = next(iter(found.values()))
        score = next(iter(first[own]))
        kind = "bound of the latents" if own == RowName.UNBOUNDED else "psi"
        rows = [
            [
                value,
                *(
                    "-" if value not in each else ", ".join(shown(name, row.value) for name, row in each[value].items())
                    for each in found.values()
                ),
            ]
            for value in first
        ]
        lines += [f"Each cell: {', '.join(map(title, first[own]))}, in the features of {score.removeprefix('kid_')}.", ""]
        lines += [*table([kind, *(f"`{name}`" for name in found)], rows), ""]
    heading = [
        "### Truncation",
        "",
        "The same latents, truncated more and more. Precision measures whether samples are typical, recall how much of",
    ]
    return lines and [*heading, "the variety of the real images they cover.", "", *lines]

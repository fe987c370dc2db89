"""The table of a comparison: one row per recipe, one column per score or fact, as values to sort by and texts to show."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from genlab.evaluation.scores import DIRECTIONS, GroupName, RowName
from genlab.evaluation.significance import LEVEL, pairwise
from genlab.reports.comparison.contributions import contribution_of, measured
from genlab.reports.comparison.ranking import Ranking, ranking_of
from genlab.reports.comparison.runs import ScoredRun
from genlab.reports.few_digits import few, shown, title

# Columns in their order: group, beginning of the score's name. Those that no recipe has are left out.
SCORES = (
    *((GroupName.SAMPLES, name) for name in ("kid", "fid", "precision", "recall", "density", "coverage", "nearest_training")),
    (GroupName.IN_DOMAIN, "kid"),
    (GroupName.CLASSES, "recognised"),
    (GroupName.CLASSES, "cas"),
    *((GroupName.LIKELIHOOD, name) for name in ("bits_per_dimension", "elbo", "divergence", "active_units")),
    (GroupName.RECONSTRUCTIONS, "kid"),
    (GroupName.SAMPLES, "ndb"),
    (GroupName.CLUSTERS, "purity"),
    *((direction, name) for direction in DIRECTIONS for name in ("kid", "fid", "l1", "psnr", "ssim", "ms_ssim", "perceptual")),
)
BASELINES = (RowName.TRAINING_IMAGES, RowName.UNTRAINED, RowName.IDENTITY, RowName.K_MEANS)
NAMED = (*DIRECTIONS, GroupName.RECONSTRUCTIONS)  # groups that the titles of their scores name
METRIC = "author's metric"  # heading
FACTS = (METRIC, "parameters", "release, MB", "training, images/s", "to a plain loop", "sampling, images/s", "budget, images", "seeds")
UNKNOWN = "-"
SIMILAR = "≈"  # marks a difference from the best that is not significant


class Cell(NamedTuple):
    """A cell: a value to sort by, None for text or if it is missing, and its text."""

    value: float | None
    text: str


class Column(NamedTuple):
    """A score of the table."""

    group: GroupName
    score: str

    @property
    def heading(self) -> str:
        """Title, with the direction of a translation, or that reconstructions are scored."""
        direction = f", {self.group.replace('_', ' ')}" if self.group in NAMED else ""
        return f"{title(self.score)}{direction}"


class Table(NamedTuple):
    """A table. The first cell of a row is the name of a recipe."""

    headings: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    baselines: tuple[tuple[Cell, ...], ...]  # of the first recipe


def columns(runs: Sequence[ScoredRun]) -> list[Column]:
    """The scores that at least one recipe has."""
    found: dict[Column, None] = {}
    for name, beginning in SCORES:
        for run in runs:
            group = run.evaluation.group(name)
            for score in group.own.values if group else ():
                begins = score == beginning or score.startswith(f"{beginning}_")
                if begins and "infinity" not in score and not score.endswith("_within"):
                    found[Column(name, score)] = None
    return list(found)


def table_of(runs: Sequence[ScoredRun]) -> Table:
    """Compose the table: scores with their spreads, the author's metric, and facts."""
    scores = columns(runs)
    ranked = ranking_of(runs)
    marks = similar(runs, ranked)
    known = [facts_of(run) for run in runs]
    facts = [name for place, name in enumerate(FACTS) if any(row[place].text != UNKNOWN for row in known)]
    headings = ("recipe", "family", *(each.heading for each in scores), *facts)
    rows = tuple(
        (
            Cell(None, run.name),
            Cell(None, run.family),
            *(cell(run, each, marks if tuple(each) == tuple(ranked) else {}) for each in scores),
            *(cell for cell, name in zip(row, FACTS, strict=True) if name in facts),
        )
        for run, row in zip(runs, known, strict=True)
    )
    return Table(headings, rows, tuple(baselines(runs[0], scores, len(facts))))


def cell(run: ScoredRun, column: Column, marks: Mapping[str, str]) -> Cell:
    """A score: mean ± standard deviation over seeds if there are several, else the value ± its spread over subsets of images."""
    seeds = run.spread.score(column.group, column.score) if run.spread else None
    mark = marks.get(run.name, "")
    if seeds is not None and seeds.finite:
        deviation = seeds.standard_deviation if seeds.standard_deviation > 0 else None
        return Cell(seeds.mean, mark + shown(column.score, seeds.mean, deviation))
    group = run.evaluation.group(column.group)
    score = group.own.values.get(column.score) if group else None
    if score is None:
        return Cell(None, "-")
    return Cell(score.value if math.isfinite(score.value) else None, shown(column.score, score.value, score.spread))


def facts_of(run: ScoredRun) -> list[Cell]:
    """What is known of a recipe apart from its scores."""
    budget = run.entry.get("budget", {}).get("images")
    size = None if run.size is None else run.size / 1e6
    seeds = float(len(run.spread.seeds)) if run.spread else 1.0
    metric = contribution_of(run).metric
    numbers = [run.parameters, size, run.training_speed, run.to_plain_loop, run.sampling_speed, budget, seeds]
    return [Cell(None, f"{metric}: {measured(run)}"), *(number(None if each is None else float(each)) for each in numbers)]


def number(value: float | None) -> Cell:
    """A number in few digits."""
    return Cell(value, UNKNOWN if value is None else few(value))


def similar(runs: Iterable[ScoredRun], ranked: Ranking) -> dict[str, str]:
    """Mark the recipes whose ranking score over seeds does not differ significantly from the best one's; recipe -> mark."""
    spreads = {run.name: run.spread.score(*ranked) for run in runs if run.spread is not None}
    values = {name: spread.values for name, spread in spreads.items() if spread is not None and spread.finite}
    if len(values) < 2:
        return {}
    best, p_values = next(iter(values)), pairwise(values)  # the runs are sorted, the best first
    return {name: f"{SIMILAR} " for name in values if name != best and p_values[frozenset((best, name))] >= LEVEL}


def baselines(run: ScoredRun, scores: Sequence[Column], facts: int) -> Iterable[tuple[Cell, ...]]:
    """Yield a row per baseline, e.g. training images in place of samples, which is what a perfect model would have."""
    for name in BASELINES:
        cells = []
        for column in scores:
            group = run.evaluation.group(column.group)
            row = next((each for each in group.baselines if each.name == name), None) if group else None
            if column.group == GroupName.LIKELIHOOD and name == RowName.TRAINING_IMAGES:
                row = None  # their likelihood under the first recipe says nothing about the others
            score = row.values.get(column.score) if row else None
            cells.append(Cell(score.value, shown(column.score, score.value, score.spread)) if score else Cell(None, ""))
        if any(each.text for each in cells):
            label = f"untrained {run.name}" if name == RowName.UNTRAINED else str(name)
            yield (Cell(None, label), Cell(None, "baseline"), *cells, *[Cell(None, "")] * facts)

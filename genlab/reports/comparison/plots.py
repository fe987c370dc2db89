"""Plots of a comparison as SVG: curves, and precision against recall. A page can contain SVG, which takes on the colours of the page."""

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import NamedTuple

from genlab.evaluation.scores import GroupName
from genlab.reports.comparison.runs import ScoredRun
from genlab.reports.few_digits import few

WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, TOP, BOTTOM = 64, 30, 12, 46  # margins in pixels
# Colours that people with colour blindness can tell apart (Okabe and Ito 2008); then the same with dashes.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f7f7f")
DASHES = ("", "6 3", "2 3")
TERMS = ("critic/jsd", "critic/wasserstein", "critic/loss", "generator/loss", "health/diversity", "model/loss")
TICKS = 5
ROOM, LEAST = 1.25, 0.01  # of the axes of shares: factor above the largest value, and the least of these values
SELECTION = "selection/"  # beginning of the terms of scores during training
MOST_COLUMNS, SAMPLE, LETTER = 4, 34, 8  # of a legend: columns, and pixels of a line with its gaps and of a letter
MOST_POINTS = 300  # of a line

Point = tuple[float, float]


class Axes(NamedTuple):
    """Ranges of a plot, and how values become pixels."""

    x: tuple[float, float]
    y: tuple[float, float]

    def pixels(self, point: Point) -> Point:
        """Values -> pixels; y points down."""
        shares = [(value - low) / (high - low) for value, (low, high) in zip(point, (self.x, self.y), strict=True)]
        return LEFT + shares[0] * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - shares[1] * (HEIGHT - TOP - BOTTOM)


def curves(runs: Sequence[ScoredRun]) -> dict[str, str]:
    """Draw every term that is in a history, over images, and over seconds where the training speed is known -> {title: SVG}."""
    found = score_curves(runs)
    for term in TERMS:
        lines = {run.name: [(row["images"], row[term]) for row in run.history if term in row] for run in runs}
        lines = {name: finite(points) for name, points in lines.items()}
        if not any(lines.values()):
            continue
        styles = {run.name: index for index, run in enumerate(runs)}
        found[f"{term} over images"] = plot(lines, "images", term, styles)
        speeds = {run.name: run.training_speed for run in runs}
        timed = {name: [(x / speed, y) for x, y in points] for name, points in lines.items() if (speed := speeds[name])}
        if any(timed.values()):
            found[f"{term} over seconds of training"] = plot(timed, "seconds", term, styles)
    return found


def score_curves(runs: Sequence[ScoredRun]) -> dict[str, str]:
    """Draw the scores by which checkpoints were selected, over images -> {title: SVG}."""
    terms = dict.fromkeys(term for run in runs for row in run.history for term in row if term.startswith(SELECTION))
    styles = {run.name: index for index, run in enumerate(runs)}
    found = {}
    for term in terms:
        lines = {run.name: finite([(row["images"], row[term]) for row in run.history if term in row]) for run in runs}
        if any(lines.values()):
            name = f"{term.removeprefix(SELECTION)} during training"
            found[f"{name} over images"] = plot(lines, "images", name, styles)
    return found


def scatter(runs: Sequence[ScoredRun]) -> str:
    """Draw precision against recall of the samples, one point per recipe; "" if no recipe has both."""
    points: dict[str, list[Point]] = {}
    for run in runs:
        group = run.evaluation.group(GroupName.SAMPLES)
        if group and {"precision", "recall"} <= {*group.own.values}:
            points[run.name] = finite([(group.own.values["recall"].value, group.own.values["precision"].value)])
    if not any(points.values()):
        return ""
    every = [point for found in points.values() for point in found]
    axes = Axes(*((0.0, min(1.0, ROOM * max(*values, LEAST))) for values in zip(*every, strict=True)))
    marks = []
    for index, (name, (point, *_)) in enumerate((name, found) for name, found in points.items() if found):
        x, y = axes.pixels(point)
        label = escape(name)
        marks.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{COLOURS[index % len(COLOURS)]}">'
            f"<title>{label}: precision {few(point[1])}, recall {few(point[0])}</title></circle>"
            f'<text x="{x + 8:.1f}" y="{y + 4:.1f}" font-size="11">{label}</text>'
        )
    return drawing(axes, "".join(marks), "recall", "precision", {name: index for index, name in enumerate(points)}, points)


def alone(svg: str) -> str:
    """A plot as a file of its own, which does not take on the colours of a page."""
    return svg.replace("<svg ", '<svg style="background: white; color: black" ', 1)


def plot(lines: Mapping[str, Sequence[Point]], x: str, y: str, styles: Mapping[str, int]) -> str:
    """Draw lines as SVG, with axes and a legend."""
    every = [point for points in lines.values() for point in points]
    axes = Axes(spanned([each for each, _ in every]), spanned([each for _, each in every]))
    drawn = []
    for name, points in lines.items():
        thin = points[:: max(1, len(points) // MOST_POINTS)]
        path = " ".join(f"{px:.1f},{py:.1f}" for px, py in map(axes.pixels, thin))
        drawn.append(
            f'<polyline points="{path}" fill="none" stroke-width="2" {stroke(styles[name])}><title>{escape(name)}</title></polyline>'
        )
    return drawing(axes, "".join(drawn), x, y, styles, lines)


def drawing(axes: Axes, content: str, x: str, y: str, styles: Mapping[str, int], shown: Mapping[str, Sequence[Point]]) -> str:
    """Put axes, ticks and a legend around a drawing."""
    ticks = []
    for value in steps(axes.x):
        px, _ = axes.pixels((value, axes.y[0]))
        ticks.append(f'<text x="{px:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{few(value)}</text>')
    for value in steps(axes.y):
        _, py = axes.pixels((axes.x[0], value))
        ticks.append(f'<text x="{LEFT - 8}" y="{py + 4:.1f}" text-anchor="end">{few(value)}</text>')
        ticks.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{py:.1f}" y2="{py:.1f}" stroke="currentColor" opacity=".15"/>')
    names = [name for name in styles if shown.get(name)]
    width = SAMPLE + LETTER * max(map(len, names), default=0)  # of an entry of the legend
    columns = max(1, min(MOST_COLUMNS, (WIDTH - LEFT) // width))
    step = max(width, (WIDTH - LEFT - RIGHT) // MOST_COLUMNS)
    legend = "".join(
        f'<line x1="{LEFT + step * (place % columns)}" x2="{LEFT + step * (place % columns) + 20}" y1="{legend_y(place, columns) - 4}" '
        f'y2="{legend_y(place, columns) - 4}" stroke-width="3" {stroke(styles[name])}/>'
        f'<text x="{LEFT + step * (place % columns) + 26}" y="{legend_y(place, columns)}">{escape(name)}</text>'
        for place, name in enumerate(names)
    )
    height = HEIGHT + 18 * math.ceil(len(names) / columns) + 4
    names_of_axes = (
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 8}" text-anchor="middle">{escape(x)}</text>'
        f'<text transform="translate(14 {(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" text-anchor="middle">{escape(y)}</text>'
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(y)} against {escape(x)}" '
        f'font-family="system-ui, sans-serif" font-size="13" fill="currentColor">{"".join(ticks)}{content}{names_of_axes}{legend}</svg>'
    )


def legend_y(place: int, columns: int) -> int:
    """Base line of an entry of the legend."""
    return HEIGHT + 14 + 18 * (place // columns)


def stroke(index: int) -> str:
    """Colour and dashes of a line."""
    return f'stroke="{COLOURS[index % len(COLOURS)]}" stroke-dasharray="{DASHES[index // len(COLOURS) % len(DASHES)]}"'


def finite(points: Sequence[Point]) -> list[Point]:
    """The points without those that are no numbers."""
    return [(x, y) for x, y in points if math.isfinite(x) and math.isfinite(y)]


def spanned(values: Sequence[float]) -> tuple[float, float]:
    """Smallest and largest value; a range around it if there is one value only."""
    low, high = min(values), max(values)
    return (low, high) if high > low else (low - (abs(low) or 1) / 2, high + (abs(high) or 1) / 2)


def steps(span: tuple[float, float]) -> list[float]:
    """Round values within a range, at least two."""
    raw = (span[1] - span[0]) / TICKS
    size = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * size for factor in (1, 2, 2.5, 5, 10) if factor * size >= raw * 0.999)
    first = math.ceil(span[0] / step - 1e-9)
    return [index * step for index in range(first, math.floor(span[1] / step + 1e-9) + 1)]

"""Drawing of views as pictures."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from genlab.pictures.curves import rendered
from genlab.pictures.sheets import sheet
from genlab.pictures.views import Curve, Panels, Points, Sheet, View

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = 10  # in matplotlib's cycle; further labels repeat the colours with another marker
MARKERS = "o^sDv"


def draw(view: View) -> Image.Image:
    """Draw a view as a picture."""
    match view:
        case Sheet():
            return sheet(dict(view.rows), view.columns)
        case Points():
            return plotted(lambda axes: scatter(axes, view))
        case Curve():
            return plotted(lambda axes: lines(axes, view))
        case Panels():
            return plotted(*(partial(lines, view=curve) for curve in view.curves))


def plotted(
    *plots: Callable[["Axes"], None],
    width: float = 7.0,  # of each plot, units of 100 pixels
    height: float = 5.5,
    columns: int | None = None,  # plots side by side; None: all
) -> Image.Image:
    """Draw plots side by side, in rows of `columns`. Each function draws on the matplotlib axes that it is called with."""
    from matplotlib.figure import Figure

    columns = columns or len(plots)
    rows = -(-len(plots) // columns)
    figure = Figure(figsize=(width * columns, height * rows), dpi=100, layout="constrained")
    places = figure.subplots(rows, columns, squeeze=False).flatten()
    for empty in places[len(plots) :]:
        empty.set_axis_off()
    for axes, plot in zip(places[: len(plots)], plots, strict=True):
        plot(axes)
        axes.grid(alpha=0.3)
        if axes.get_legend_handles_labels()[1]:
            axes.legend(fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    return rendered(figure)


def scatter(axes: "Axes", view: Points) -> None:
    """Draw points on matplotlib axes, with one colour and marker per label."""
    places = view.places.numpy()
    groups: dict[int | None, slice | np.ndarray] = {None: slice(None)}
    if view.labels is not None:
        groups = {label: view.labels.numpy() == label for label in view.labels.unique().tolist()}
    for number, (label, rows) in enumerate(groups.items()):
        name = None if label is None else view.names[label] if view.names else str(label)
        marker = MARKERS[number // COLOURS % len(MARKERS)]
        x, y = places[rows].T
        axes.scatter(x, y, s=9, alpha=0.7, linewidths=0, color=f"C{number % COLOURS}", marker=marker, label=name)
    if view.centres is not None:
        x, y = view.centres.numpy().T
        axes.scatter(x, y, s=90, marker="x", color="black", label="components")
    axes.set(xlabel=view.axes[0], ylabel=view.axes[1])


def lines(axes: "Axes", view: Curve) -> None:
    """Draw the lines of a curve on matplotlib axes, with a dashed line at the chosen place."""
    for name, values in view.lines.items():
        axes.plot(view.over, values, marker="o", markersize=4, label=name)
    if view.chosen is not None:
        axes.axvline(view.chosen, color="black", linewidth=0.8, linestyle="--", label=f"chosen: {view.chosen:g}")
    if view.ticks:
        axes.set_xticks(view.over, view.ticks)
    axes.set(xlabel=view.axes[0], ylabel=view.axes[1])

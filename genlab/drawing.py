"""Views, which recipes give as data, as pictures."""

from collections.abc import Callable

from PIL import Image

from genlab.pictures import rendered, sheet
from genlab.views import Curve, Points, Sheet, View

COLOURS = 10  # of matplotlib's cycle; more labels begin it anew, with another marker
MARKERS = "o^sDv"


def draw(view: View) -> Image.Image:
    """A view -> its picture."""
    if isinstance(view, Sheet):
        return sheet(dict(view.rows), view.columns)
    return plotted(lambda axes: scatter(axes, view) if isinstance(view, Points) else lines(axes, view))


def plotted(plot: Callable) -> Image.Image:
    """What a function draws on matplotlib's axes."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 5.5), dpi=100, layout="constrained")
    axes = figure.subplots()
    plot(axes)
    axes.grid(alpha=0.3)
    if axes.get_legend_handles_labels()[1]:
        axes.legend(fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    return rendered(figure)


def scatter(axes, view: Points) -> None:
    places = view.places.numpy()
    groups = {None: slice(None)}
    if view.labels is not None:
        groups = {label: view.labels.numpy() == label for label in view.labels.unique().tolist()}
    for number, (label, rows) in enumerate(groups.items()):
        name = None if label is None else view.names[label] if view.names else str(label)
        marker = MARKERS[number // COLOURS % len(MARKERS)]
        axes.scatter(*places[rows].T, s=9, alpha=0.7, linewidths=0, color=f"C{number % COLOURS}", marker=marker, label=name)
    if view.centres is not None:
        axes.scatter(*view.centres.numpy().T, s=90, marker="x", color="black", label="components")
    axes.set(xlabel=view.axes[0], ylabel=view.axes[1])


def lines(axes, view: Curve) -> None:
    for name, values in view.lines.items():
        axes.plot(view.over, values, marker="o", markersize=4, label=name)
    if view.chosen is not None:
        axes.axvline(view.chosen, color="black", linewidth=0.8, linestyle="--", label=f"chosen: {view.chosen:g}")
    axes.set(xlabel=view.axes[0], ylabel=view.axes[1])

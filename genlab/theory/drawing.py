"""Plots that several claims share: fields over the plane, points, lines."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from torch import Tensor

from genlab.densities.quadrature import Nodes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Plot = Callable[["Axes"], None]
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#999999")  # Okabe and Ito: colour-blind-safe


def field(
    plane: Nodes,  # of two coordinates
    values: Tensor,  # at the nodes, (N,)
    title: str,
    low: float,
    high: float,
    colours: str = "RdBu_r",  # a colour map of matplotlib
    lines: Sequence[float] = (),  # values at which contour lines are drawn
    points: Sequence[tuple[Tensor, str]] = (),  # points (M, 2) to show, with their colour
    bar: bool = True,  # whether to draw the scale of the colours
) -> Plot:
    """Plot a function over the plane as colours, with contour lines and points."""
    side = plane.side
    x, y = (coordinate.reshape(side, side).numpy() for coordinate in plane.points.T)
    heights = values.reshape(side, side).numpy()

    def plot(axes: "Axes") -> None:
        shown = axes.pcolormesh(x, y, heights, vmin=low, vmax=high, cmap=colours, shading="gouraud", rasterized=True)
        if lines:
            axes.contour(x, y, heights, levels=list(lines), colors="black", linewidths=0.7)
        for places, colour in points:
            axes.scatter(places[:, 0].numpy(), places[:, 1].numpy(), s=3, color=colour, linewidths=0, alpha=0.6)
        axes.set(title=title, xlim=(x.min(), x.max()), ylim=(y.min(), y.max()), aspect="equal")
        if bar:
            axes.figure.colorbar(shown, ax=axes, shrink=0.75)

    return plot


def curves(
    over: Sequence[float],
    lines: Mapping[str, Sequence[float]],  # label -> values
    x: str,  # titles of the axes
    y: str,
    title: str = "",
    dashed: Sequence[str] = (),  # labels of lines without markers, e.g. those of the theory
    **settings: Any,  # of matplotlib's axes, e.g. yscale="log"
) -> Plot:
    """Plot lines over one axis: measured ones with markers, those of the theory dashed."""

    def plot(axes: "Axes") -> None:
        for number, (label, values) in enumerate(lines.items()):
            style: dict[str, Any] = (
                {"linestyle": "--", "linewidth": 1.5} if label in dashed else {"marker": "o", "markersize": 4, "linewidth": 1.2}
            )
            axes.plot(over, values, label=label, color=COLOURS[number % len(COLOURS)], **style)
        axes.set(xlabel=x, ylabel=y, title=title, **settings)

    return plot

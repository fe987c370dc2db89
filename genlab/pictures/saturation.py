"""Curves that show a critic winning: its outputs, the diversity of the samples, and the generator's gradient against D(G(z))."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from PIL import Image

from genlab.pictures.curves import rendered

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FAKE, NORM = "critic/fake", "generator/gradient_norm"
PANELS = {  # term of the history -> title and scale of its panel
    "critic/real": ("D(x), mean over real images", "logit"),
    FAKE: ("D(G(z)), mean over samples", "logit"),
    "health/diversity": ("diversity of the samples", "linear"),
    NORM: ("gradient norm of the generator", "log"),
}
EARLY = 0.1  # share of the points that are drawn as early

History = Sequence[Mapping[str, float]]  # rows {"images": images seen, "<update>/<term>": mean}


def saturation(histories: Mapping[str, History]) -> Image.Image:
    """Draw the histories of GANs whose critic's outputs are probabilities, one colour per recipe."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(14, 7.5), dpi=100, layout="constrained")
    axes = figure.subplots(2, 3).flatten()
    for panel, (term, (title, scale)) in zip(axes, PANELS.items(), strict=False):
        for name, rows in histories.items():
            panel.plot(*points(rows, "images", term, scale), label=name, linewidth=1)
        panel.set(title=title, xlabel="images", yscale=scale)
        panel.locator_params(axis="x", nbins=4)
        panel.xaxis.set_major_formatter("{x:,.0f}")
        panel.grid(alpha=0.3)
    phase(axes[len(PANELS)], histories)
    axes[-1].axis("off")
    axes[-1].legend(*axes[0].get_legend_handles_labels(), loc="center left", title="recipe")
    return rendered(figure)


def phase(axes: "Axes", histories: Mapping[str, History]) -> None:
    """Draw the gradient norm against D(G(z)) on matplotlib axes: early points as hollow triangles, all others as dots."""
    from matplotlib.ticker import NullFormatter

    for number, rows in enumerate(histories.values()):
        across, up = points(rows, FAKE, NORM, "log")
        early = round(EARLY * len(across))
        axes.scatter(across[early:], up[early:], s=6, alpha=0.5, color=f"C{number}")
        axes.scatter(across[:early], up[:early], s=30, marker="^", facecolors="none", edgecolors=f"C{number}")
    axes.set(title="gradient norm against D(G(z))", xlabel=f"D(G(z)); triangles: the first {EARLY:.0%} of the training")
    axes.set(xscale="log", yscale="log")
    axes.xaxis.set_minor_formatter(NullFormatter())  # labels between powers of 10 would overlap
    axes.grid(alpha=0.3)


def points(rows: History, across: str, up: str, scale: str) -> tuple[list[float], list[float]]:
    """Return the coordinates of the rows that have both terms, without those that the scale cannot show."""
    largest = 1.0 if scale == "logit" else float("inf")
    shown = [(row[across], row[up]) for row in rows if across in row and up in row and (scale == "linear" or 0 < row[up] < largest)]
    return [place for place, _ in shown], [value for _, value in shown]

"""Pictures of the ladder: what each damage looks like, and how metrics react to it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from genlab.damage.damages import DAMAGES
from genlab.ladder.material import Material
from genlab.ladder.measure import Measured
from genlab.ladder.metrics import METRICS
from genlab.ladder.samples import damaged
from genlab.ladder.verdicts import CERTAIN, distances
from genlab.pictures.draw import plotted
from genlab.pictures.mosaic import mosaic, titled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHOWN = 12  # images per strength
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#999999")  # Okabe and Ito: colour-blind-safe
STYLES = ("-", "--", ":")  # one after the other as the colours repeat
MARKERS = "osD^v"


def strip(material: Material, name: str, seed: int = 0) -> Image.Image:
    """Draw the first images of a sample, undamaged and with each strength of a damage."""
    damage, base = DAMAGES[name], material.sample(seed)
    rows = {"undamaged": material.images[base[:SHOWN]]}
    for strength, sample in zip(damage.strengths, damaged(material, base, name, seed), strict=True):
        rows[f"{damage.title}: {damage.unit.format(strength)}"] = sample.pixels[:SHOWN]
    return titled({title: mosaic(images, SHOWN) for title, images in rows.items()})


def reactions(measured: Measured, name: str) -> Image.Image:
    """Plot how much worse each metric is at each strength of a damage, one panel per space."""

    def panel(space: str) -> "Panel":
        lines = {metric: distances(measured, space, metric)[name] for metric in measured.spaces[space]}
        return Panel(f"{measured.images}, {space}", name, lines)

    return plotted(*(panel(space) for space in measured.spaces), width=6.4, height=4.2)


class Panel:
    """A plot of one space: name of each metric -> deviations (strengths,), positive if worse."""

    def __init__(self, title: str, damage: str, lines: Mapping[str, np.ndarray]):
        self.title, self.damage, self.lines = title, DAMAGES[damage], lines

    def __call__(self, axes: "Axes") -> None:
        axes.axhspan(-CERTAIN, CERTAIN, color="#DDDDDD", zorder=0)
        names = list(METRICS)
        for metric, far in self.lines.items():
            number = names.index(metric)
            axes.plot(
                range(len(far) + 1),
                [0.0, *far],
                label=METRICS[metric].title,
                color=COLOURS[number % len(COLOURS)],
                linestyle=STYLES[number // len(COLOURS)],
                marker=MARKERS[number % len(MARKERS)],
                markersize=4,
                linewidth=1.4,
            )
        axes.set_yscale("symlog", linthresh=CERTAIN)
        axes.set_xticks(range(len(self.damage.strengths) + 1), ["0", *(f"{strength:g}" for strength in self.damage.strengths)])
        axes.set(title=self.title, xlabel=f"{self.damage.title} ({self.damage.unit.format(0).replace('0', '', 1).strip()})")
        axes.set_ylabel("worse by, in deviations of undamaged samples")

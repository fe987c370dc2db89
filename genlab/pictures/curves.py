"""Training curves."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

SELECTION = "selection"  # the part of the names of scores before "/", see genlab.training.selection

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def curves(rows: Sequence[dict[str, float]]) -> Image.Image:
    """Plot a training history with one panel per update, one line per term, and one panel for all gradient norms.

    Each row is {"images": images seen, "<update>/<term>": mean}. The lowest value of `selection/<score>`, which
    selects the checkpoint, is marked.
    """
    from matplotlib.figure import Figure

    panels: dict[str, dict[str, str]] = {}  # title -> label -> term
    for term in sorted({name for row in rows for name in row} - {"images"}):
        update, _, label = term.partition("/")
        title, label = ("gradient norms", update) if label == "gradient_norm" else (update, label)
        panels.setdefault(title, {})[label] = term
    figure = Figure(figsize=(5 * max(1, len(panels)), 3.5), dpi=100, layout="constrained")
    for axes, (title, lines) in zip(figure.subplots(1, max(1, len(panels)), squeeze=False)[0], sorted(panels.items()), strict=False):
        for label, term in lines.items():
            points = [(row["images"], row[term]) for row in rows if term in row]
            axes.plot(*zip(*points, strict=True), label=label, linewidth=2.2 if label == "loss" else 1.2)
            if title == SELECTION:
                best = min(points, key=lambda point: point[1])
                axes.plot(*best, "*", markersize=13, label=f"best, after {best[0]:,.0f} images")
        axes.set(title=title, xlabel="images", yscale="log" if title == "gradient norms" else "linear")
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8)
    return rendered(figure)


def rendered(figure: "Figure") -> Image.Image:
    """Render a matplotlib figure as an RGB image, without opening a window."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")

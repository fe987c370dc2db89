"""Plot of the results of a study of people: one interval per model, the best at the top."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from PIL import Image

from genlab.pictures.draw import plotted
from genlab.study.settings import PREFERENCE

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot(results: Mapping[str, Any]) -> Image.Image:
    """Plot the share of images taken for real, or the strength, of each model with its interval."""
    height = 1.6 + 0.45 * max(1, len(results.get("ranking", [])))
    return plotted(lambda axes: intervals(axes, results), width=7.5, height=height)


def intervals(axes: "Axes", results: Mapping[str, Any]) -> None:
    """Draw the intervals on matplotlib axes."""
    preference = results["kind"] == PREFERENCE
    score, field, scale = ("strength", "value", 1.0) if preference else ("fooled", "share", 100.0)
    names = results.get("ranking", [])[::-1]
    for place, name in enumerate(names):
        values = results["models"][name][score]
        middle, low, high = (scale * values[part] for part in (field, "low", "high"))
        axes.errorbar(middle, place, xerr=[[middle - low], [high - middle]], fmt="o", capsize=4, color="C0")
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(-0.7, max(len(names), 1) - 0.3)
    axes.axvline(0 if preference else 50, color="grey", linestyle="--", linewidth=1)
    label = "strength, log-odds (dashed: mean of the models)" if preference else "generated images taken for real, % (dashed: chance)"
    axes.set_xlabel(f"{label}; {100 * results['confidence']:.0f} % intervals")
    if not names:
        axes.text(0.5, 0.5, "no answers yet", transform=axes.transAxes, ha="center")

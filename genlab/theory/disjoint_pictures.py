"""Pictures of the claim about parallel lines."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from PIL import Image

from genlab.densities.base import images_of
from genlab.losses.adversarial import AdversarialLoss
from genlab.pictures.curves import rendered
from genlab.pictures.draw import plotted
from genlab.recipes.gan import GAN

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = ("#D55E00", "#E69F00", "#009E73", "#56B4E9", "#0072B2")  # Okabe and Ito, distinguishable with any colour vision
MARKERS = "os^Dv"
PLACES = 401


def distances(found: Sequence[tuple[float, float, float]]) -> Image.Image:  # (theta, W1, JSD by the critic)
    """Plot distances over theta, with those that the theory predicts as lines."""

    def draw(axes: "Axes") -> None:
        offsets, transport, jsd = zip(*found, strict=True)
        exact = np.linspace(0, max(offsets), PLACES)
        axes.plot(exact, exact, color=COLOURS[4], label="W1 = θ")
        axes.plot(offsets, transport, "o", color=COLOURS[4], label="W1, optimal transport between samples")
        axes.plot([0, max(offsets)], [math.log(2)] * 2, color=COLOURS[0], label="JSD = log 2 for θ > 0")
        axes.plot(0, 0, "o", color=COLOURS[0], markerfacecolor="white", markersize=9, label="JSD = 0 at θ = 0")
        axes.plot(offsets, jsd, "s", color=COLOURS[0], label="JSD, trained critic (a lower bound)")
        axes.set(xlabel="θ, distance of the lines", ylabel="W1; JSD in nats")
        axes.set_xscale("symlog", linthresh=min(offsets))  # logarithmic, and linear up to the nearest lines, so that 0 is on the axis

    return plotted(draw)


def gradients(offsets: Sequence[float], found: Sequence[Mapping[str, float]]) -> Image.Image:
    """Plot the absolute gradients of all losses over theta, on logarithmic axes."""

    def draw(axes: "Axes") -> None:
        for name, colour, marker in zip(found[0], COLOURS, MARKERS, strict=True):
            axes.plot(offsets, [max(abs(each[name]), 1e-9) for each in found], color=colour, marker=marker, label=name)
        axes.axhline(1, color="black", linewidth=0.8, linestyle="--", label="1: derivative of W1")
        axes.set(xlabel="θ, distance of the lines", ylabel="|derivative of the generator's loss with respect to θ|")
        axes.set(xscale="log", yscale="log")

    return plotted(draw)


def losses_between(critics: Mapping[str, GAN], losses: Mapping[str, tuple[str, AdversarialLoss]], offset: float) -> Image.Image:
    """Plot each generator loss along a horizontal line through both segments, at height 1/2, and D(x) of the cross-entropy critic."""
    from matplotlib.figure import Figure

    x = torch.linspace(-0.5 * offset, 1.5 * offset, PLACES)
    images = images_of(torch.stack([x, torch.full_like(x, 0.5)], 1), 1.0)
    with torch.no_grad():
        logits = {name: gan.critic(images) for name, gan in critics.items()}
    values = {name: loss.generator(logits[critic], lambda: logits["cross-entropy"]) for name, (critic, loss) in losses.items()}
    values = {"D(x), cross-entropy critic": logits["cross-entropy"].sigmoid()} | values
    figure = Figure(figsize=(9, 5), dpi=100, layout="constrained")
    for axes, (name, curve), colour in zip(figure.subplots(2, 3).flat, values.items(), ("black", *COLOURS), strict=True):
        axes.plot(x, curve, color=colour)
        axes.axvline(0, color="black", linestyle=":")
        axes.axvline(offset, color="black", linestyle="--")
        axes.set_title(name, fontsize=10)
        axes.grid(alpha=0.3)
        axes.set_xlabel("x")
    return rendered(figure)

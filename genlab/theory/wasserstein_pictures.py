"""Pictures of the claim about Wasserstein critics."""

from collections.abc import Mapping, Sequence

import torch
from PIL import Image
from torch import Tensor, nn

from genlab.densities.base import images_of
from genlab.pictures.curves import rendered

BLUE, ORANGE = "#0072B2", "#D55E00"  # Okabe and Ito, distinguishable with any colour vision
SIDE = 161  # places per coordinate of a level set


def weights_of(critic: nn.Module) -> Tensor:
    """All weights of the critic's linear layers, without biases, (W,)."""
    return torch.cat([layer.weight.detach().flatten() for layer in critic.modules() if isinstance(layer, nn.Linear)])


def histograms(critics: Mapping[str, nn.Module]) -> Image.Image:
    """Plot the distribution of each critic's weights, with a logarithmic number of weights."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.6), dpi=100, layout="constrained")
    for axes, (name, critic), colour in zip(figure.subplots(1, len(critics)), critics.items(), (ORANGE, BLUE), strict=True):
        axes.hist(weights_of(critic).numpy(), bins=61, color=colour)
        axes.set(title=name, xlabel="weight", ylabel="number of weights", yscale="log")
        axes.locator_params(axis="x", nbins=5)
        axes.grid(alpha=0.3)
    return rendered(figure)


def level_sets(critics: Mapping[str, nn.Module], points: Tensor, extent: float) -> Image.Image:
    """Plot level sets of critics of points in the plane, over real points (N, 2)."""
    from matplotlib.figure import Figure

    line = torch.linspace(-1.2 * extent, 1.2 * extent, SIDE)
    images = images_of(torch.cartesian_prod(line, line), extent)
    figure = Figure(figsize=(9, 4.6), dpi=100, layout="constrained")
    for axes, (name, critic) in zip(figure.subplots(1, len(critics)), critics.items(), strict=True):
        with torch.no_grad():
            values = critic(images).reshape(SIDE, SIDE).T
        axes.contourf(line, line, values, levels=18, cmap="viridis")
        axes.contour(line, line, values, levels=18, colors="white", linewidths=0.6, linestyles="solid")
        axes.scatter(*points.T, s=6, color="black")
        axes.set(title=name, xlabel="x", ylabel="y", aspect="equal")
    return rendered(figure)


def over_lambda(rows: Sequence[tuple[float, float, float, float, float]], exact: float) -> Image.Image:
    """Plot rows (lambda, difference, its prediction, largest slope, its prediction), in two panels."""
    from matplotlib.figure import Figure

    weights, measured, predicted, steepest, expected = zip(*rows, strict=True)
    figure = Figure(figsize=(9, 4), dpi=100, layout="constrained")
    panels = (("E_p f - E_q f", predicted, measured, exact, "W1"), ("largest slope", expected, steepest, 1.0, "1"))
    for axes, (name, optimal, trained, limit, label) in zip(figure.subplots(1, 2), panels, strict=True):
        axes.plot(weights, optimal, color=BLUE, label="optimal critic, closed form")
        axes.plot(weights, trained, "o", color=ORANGE, label="trained critic")
        axes.axhline(limit, color="black", linestyle="--", linewidth=0.8, label=label)
        axes.set(xlabel="λ, weight of the penalty", ylabel=name, xscale="log")
        axes.grid(alpha=0.3)
        axes.legend(fontsize=9)
    return rendered(figure)

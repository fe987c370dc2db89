"""Pictures of the claim about the likelihoods of mixtures and variational autoencoders."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import torch
from PIL import Image
from torch import Tensor

from genlab.densities.quadrature import Nodes
from genlab.pictures.curves import rendered
from genlab.pictures.draw import plotted

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = ("#0072B2", "#D55E00", "#009E73")  # Okabe and Ito, distinguishable with any colour vision
DARKEST = -7.0  # logarithm of the density, relative to the largest, below which a picture is black


def densities(
    pictures: Mapping[str, Tensor],  # log-densities on a square grid, (side^2,), by title; four
    extent: float,  # the grid covers [-extent, extent]^2
    curves: Mapping[str, Tensor],  # lines (N, 2) over some of them, by title
) -> Image.Image:
    """Plot log-densities of the plane in four panels."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 9), dpi=100, layout="constrained")
    for axes, (name, values) in zip(figure.subplots(2, 2).flat, pictures.items(), strict=True):
        side = round(len(values) ** 0.5)
        shades = (values - values.max()).clamp(min=DARKEST).reshape(side, side).T
        axes.imshow(shades, origin="lower", extent=(-extent, extent, -extent, extent), cmap="cividis")
        if name in curves:
            axes.plot(*curves[name].T, color="white", linewidth=0.8)
        axes.set(title=name, xlabel="x", ylabel="y", xlim=(-extent, extent), ylim=(-extent, extent))
    return rendered(figure)


def latent_space(line: tuple[Nodes, Tensor, Tensor], plane: tuple[Nodes, Tensor, Tensor]) -> Image.Image:
    """Plot the aggregate posterior against the prior for one latent and for two: (nodes, log q(z), log p(z)) each."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4.4), dpi=100, layout="constrained")
    left, right = figure.subplots(1, 2)
    z = line[0].points[:, 0]
    left.fill_between(z, line[1].exp(), color=COLOURS[0], alpha=0.6, label="q(z), aggregate posterior")
    left.plot(z, line[2].exp(), color=COLOURS[1], label="p(z), prior")
    left.set(title="one latent", xlabel="z", ylabel="density", xlim=(-4, 4))
    left.legend(fontsize=8)
    side = plane[0].side
    reach = float(plane[0].points.max())
    right.imshow(plane[1].exp().reshape(side, side).T, origin="lower", extent=(-reach, reach, -reach, reach), cmap="Blues")
    axis = torch.linspace(-reach, reach, side)
    right.contour(axis, axis, plane[2].exp().reshape(side, side).T, levels=4, colors=COLOURS[1], linewidths=1.2)
    right.set(title="two latents: q(z) shaded, p(z) as lines", xlabel="z1", ylabel="z2", xlim=(-4, 4), ylim=(-4, 4))
    return rendered(figure)


def bounds(rows: Mapping[str, tuple[Sequence[int], Sequence[float], float]], truth: float) -> Image.Image:
    """Plot importance-weighted bounds over the number of samples: name -> (numbers, bounds, exact log-likelihood)."""

    def draw(axes: "Axes") -> None:
        for (name, (numbers, values, exact)), colour in zip(rows.items(), COLOURS, strict=False):
            axes.plot(numbers, values, "o-", color=colour, label=f"{name}: bound with K samples")
            axes.axhline(exact, color=colour, linestyle="--", label=f"{name}: exact, by quadrature")
        axes.axhline(truth, color="black", linestyle=":", label="truth")
        axes.set(xlabel="K, importance samples", ylabel="mean log-likelihood, nats", xscale="log")

    return plotted(draw)

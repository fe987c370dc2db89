"""Walks through the latents of a VAE, as sheets of images."""

from collections.abc import Callable

import torch
from torch import Tensor

from genlab.pictures.views import Sheet
from genlab.variational.activity import activity
from genlab.variational.priors import Prior

WALKED, STEPS, REACH = 8, 10, 3.0  # latents that are traversed, steps, and how many deviations to either side
SIDE = 15  # of the map of a plane of latents


def traversals(
    decode: Callable[[Tensor], Tensor],  # latents (N, D) -> images
    prior: Prior,
    mean: Tensor,  # codes of images, (N, D), and their log-variances
    log_variance: Tensor,
) -> Sheet:
    """The first image's code, one latent at a time moved over the prior's width; those first that say most of the images."""
    centre, deviation = prior.moments()
    parts = prior.divergence(mean, log_variance, mean).mean(0)
    told = parts if len(parts) == mean.shape[1] else activity(mean)  # a mixture's divergence has no parts
    rows = {}
    for latent in told.argsort(descending=True)[:WALKED].tolist():
        z = mean[:1].repeat(STEPS, 1)
        z[:, latent] = centre[latent] + deviation[latent] * torch.linspace(-REACH, REACH, STEPS, device=z.device, dtype=z.dtype)
        measure = f"{told[latent].item():.2f} nats" if told is parts else f"variance {told[latent].item():.2f}"
        rows[f"latent {latent + 1}: {measure}"] = decode(z)
    return Sheet(rows, STEPS)


def latent_map(decode: Callable[[Tensor], Tensor], prior: Prior) -> Sheet:
    """The whole plane of two latents, in equal shares of the prior's normal. Kingma & Welling 2013 (arXiv:1312.6114), figure 4."""
    centre, deviation = prior.moments()
    shares = (torch.arange(SIDE, device=centre.device, dtype=centre.dtype) + 0.5) / SIDE
    grid = torch.cartesian_prod(-torch.special.ndtri(shares), torch.special.ndtri(shares)).flip(1)  # z1 to the right, z2 upwards
    return Sheet({"normal quantiles": decode(centre + deviation * grid)}, SIDE)

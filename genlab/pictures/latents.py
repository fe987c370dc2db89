"""Latent traversals and latent maps of a VAE, as sheets of images."""

from collections.abc import Callable

import torch
from torch import Tensor

from genlab.pictures.views import Sheet
from genlab.variational.activity import activity
from genlab.variational.priors import Prior

WALKED, STEPS, REACH = 8, 10, 3.0  # latent dimensions to traverse, steps, and range in standard deviations of the prior on either side
SIDE = 15  # images per side of the latent map


def traversals(
    decode: Callable[[Tensor], Tensor],  # latents (N, D) -> images
    prior: Prior,
    mean: Tensor,  # (N, D), posterior means of images
    log_variance: Tensor,  # (N, D), their posterior log-variances
) -> Sheet:
    """Decode the code of the first image while one latent dimension at a time moves over the range of the prior.

    One row per dimension, the most informative dimensions first: those with the largest mean divergence from the prior, or, if the
    divergence of the prior (a mixture) is not a sum over dimensions, those with the largest variance of the posterior mean.
    """
    centre, deviation = prior.moments()
    parts = prior.divergence(mean, log_variance, mean).mean(0)
    information = parts if len(parts) == mean.shape[1] else activity(mean)  # the divergence of a mixture has no parts per dimension
    rows = {}
    for latent in information.argsort(descending=True)[:WALKED].tolist():
        z = mean[:1].repeat(STEPS, 1)
        z[:, latent] = centre[latent] + deviation[latent] * torch.linspace(-REACH, REACH, STEPS, device=z.device, dtype=z.dtype)
        measure = f"{information[latent].item():.2f} nats" if information is parts else f"variance {information[latent].item():.2f}"
        rows[f"latent {latent + 1}: {measure}"] = decode(z)
    return Sheet(rows, STEPS)


def latent_map(decode: Callable[[Tensor], Tensor], prior: Prior) -> Sheet:
    """Decode a SIDE x SIDE grid over a latent of size two, spaced by quantiles of a normal distribution with the prior's moments.

    Kingma & Welling 2013 (arXiv:1312.6114), figure 4.
    """
    centre, deviation = prior.moments()
    shares = (torch.arange(SIDE, device=centre.device, dtype=centre.dtype) + 0.5) / SIDE
    grid = torch.cartesian_prod(-torch.special.ndtri(shares), torch.special.ndtri(shares)).flip(1)  # z1 to the right, z2 upwards
    return Sheet({"normal quantiles": decode(centre + deviation * grid)}, SIDE)

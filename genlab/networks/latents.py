"""Latents: what samples are made from."""

import math

import torch
from torch import Tensor

from genlab.engine.seeding import mix
from genlab.errors import InputError

NO_TRUNCATION = math.inf


def normal(count: int, size: int, seed: int, device: torch.device | str = "cpu") -> Tensor:
    """Latents (count, size) from N(0, 1), a function of the arguments: the same on every device, whatever else is drawn."""
    return torch.randn(count, size, generator=torch.Generator().manual_seed(mix(seed))).to(device)


def truncated(latents: Tensor, bound: float) -> Tensor:
    """Latents from N(0, 1) -> latents from N(0, 1) within [-bound, bound], each moved monotonically; the same for an infinite bound.

    The truncation trick of Brock et al. 2018 (arXiv:1809.11096, section 3.1): less variety, more typical samples. By the inverse of
    the distribution's function where the paper draws again, so that one latent can be followed through several bounds.

    Raises:
        InputError: the bound isn't positive.
    """
    if not bound > 0:
        raise InputError(f"truncation: got {bound}, expected a positive number, or inf for none.")
    if math.isinf(bound):
        return latents
    # By the lower tail and its mirror image: near 1 a float has no room for the upper one.
    lowest = normal_cdf(torch.tensor(-bound, dtype=torch.float64))
    share = lowest + normal_cdf(-latents.double().abs()) * (1 - 2 * lowest)
    return (-latents.sign() * torch.special.ndtri(share)).clamp(-bound, bound).float()


def normal_cdf(value: Tensor) -> Tensor:
    """The share of N(0, 1) below a value; torch.special.ndtr rounds it to 0 from -8 on."""
    return torch.special.erfc(-value / math.sqrt(2)) / 2


def pick_component(numbers: Tensor, bounds: Tensor) -> Tensor:
    """Numbers from N(0, 1), (N,), and the components' weights added up, without the last sum, (K - 1,) -> one of K components each, (N,).

    By the share of N(0, 1) below the number: the greater it is, the later the component, and each comes as often as its weight has it.
    """
    return (normal_cdf(numbers)[:, None] >= bounds).sum(1)


def spherical_interpolation(start: Tensor, end: Tensor, steps: int) -> Tensor:
    """Latents (N, D), (N, D) -> (N, steps, D) along great circles, both ends included. White 2016 (arXiv:1609.04468), section 2.

    In many dimensions normal latents lie near a sphere, and the straight line between two passes through its empty inside.
    """
    share = torch.linspace(0, 1, steps, device=start.device)[None, :, None]
    cosine = torch.nn.functional.cosine_similarity(start, end, dim=1).clamp(-1 + 1e-6, 1 - 1e-6)
    angle = cosine.acos()[:, None, None]
    return (torch.sin((1 - share) * angle) * start[:, None] + torch.sin(share * angle) * end[:, None]) / torch.sin(angle)

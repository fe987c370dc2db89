"""Latents, the random inputs of generators: sampling, truncation and interpolation."""

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from genlab.engine.precision import in_float64
from genlab.engine.seeding import mix
from genlab.errors import InputError
from genlab.serving.latents import of_seed

NO_TRUNCATION = math.inf


def normal(count: int, size: int, seed: int, device: torch.device | str = "cpu") -> Tensor:
    """Draw latents (count, size) from N(0, 1): the same on every device, and independent of the global random state."""
    return torch.randn(count, size, generator=torch.Generator().manual_seed(mix(seed))).to(device)


def of_seeds(
    seeds: Sequence[int],  # 0 or more
    latent_size: int,
    classes: int = 0,  # 0: unconditional
    noise_size: int = 0,  # of a style-based model; 0: none
    bound: float = NO_TRUNCATION,  # latents are truncated to [-bound, bound]
) -> tuple[Tensor, Tensor, Tensor]:
    """Draw the random inputs of seeds: latents (N, latent_size), labels (N,), noise (N, noise_size), on the CPU.

    They equal those of a released model, because both come from genlab.serving.latents.of_seed.
    """
    drawn = [of_seed(seed, latent_size, classes, noise_size, bound) for seed in seeds]
    latents, noise = (torch.from_numpy(np.stack(each)) for each in ([one.latent for one in drawn], [one.noise for one in drawn]))
    return latents, torch.tensor([one.label for one in drawn]), noise


def truncated(latents: Tensor, bound: float) -> Tensor:
    """Map latents from N(0, 1) monotonically to N(0, 1) truncated to [-bound, bound]; an infinite bound returns them unchanged.

    The truncation trick of Brock et al. 2018 (arXiv:1809.11096, section 3.1): less variety, more typical samples. The paper redraws
    values out of range; this function uses the inverse of the cumulative distribution, so that one latent can be followed through
    several bounds.

    Raises:
        InputError: the bound is not positive.
    """
    if not bound > 0:
        raise InputError(f"truncation: got {bound}, expected a positive number, or inf for none.")
    if math.isinf(bound):
        return latents
    # Use the lower tail and mirror it: near 1, a float is too coarse for the upper tail.
    lowest = normal_cdf(torch.tensor(-bound, dtype=torch.float64))
    exact = in_float64(latents)
    share = lowest + normal_cdf(-exact.abs()) * (1 - 2 * lowest)
    mapped: Tensor = -exact.sign() * torch.special.ndtri(share)
    return mapped.clamp(-bound, bound).float().to(latents.device)


def normal_cdf(value: Tensor) -> Tensor:
    """Cumulative distribution function of N(0, 1), precise in the lower tail: torch.special.ndtr rounds to 0 from -8 downwards."""
    complement: Tensor = torch.special.erfc(-value / math.sqrt(2))
    return complement / 2


def pick_component(numbers: Tensor, bounds: Tensor) -> Tensor:
    """Numbers (N,) from N(0, 1), cumulative weights of K components without the last sum (K - 1,) -> component indices (N,).

    Inverse transform sampling by the normal distribution function: each component is drawn with the probability of its weight, and
    greater numbers give later components.
    """
    return (normal_cdf(numbers)[:, None] >= bounds).sum(1)


def spherical_interpolation(start: Tensor, end: Tensor, steps: int) -> Tensor:
    """Interpolate latents (N, D), (N, D) -> (N, steps, D) along great circles, both ends included.

    White 2016 (arXiv:1609.04468), section 2. In many dimensions, normal latents are close to a sphere, and a straight line between two of
    them passes through its empty interior.
    """
    share = torch.linspace(0, 1, steps, device=start.device)[None, :, None]
    cosine = torch.nn.functional.cosine_similarity(start, end, dim=1).clamp(-1 + 1e-6, 1 - 1e-6)
    angle = cosine.acos()[:, None, None]
    return (torch.sin((1 - share) * angle) * start[:, None] + torch.sin(share * angle) * end[:, None]) / torch.sin(angle)

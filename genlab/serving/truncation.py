"""Truncation of latents, for less variety and more typical images."""

import math
from statistics import NormalDist

import numpy as np

STANDARD = NormalDist()


def truncated(latent: np.ndarray, bound: float) -> np.ndarray:
    """Map latents (D,) from N(0, 1) monotonically to N(0, 1) truncated to [-bound, bound]; unchanged for an infinite bound.

    Truncation trick of Brock et al. 2018 (arXiv:1809.11096, section 3.1), by the inverse distribution function.
    genlab.networks.latents.truncated computes the same with torch, up to last bits. The lower tail is used for both signs, because the
    upper one rounds to 1.
    """
    if math.isinf(bound):
        return latent
    lowest = normal_cdf(-bound)
    shares = [lowest + normal_cdf(-abs(number)) * (1 - 2 * lowest) for number in latent]
    moved: np.ndarray = np.copysign(np.minimum([-STANDARD.inv_cdf(share) for share in shares], bound), latent)
    return moved


def normal_cdf(number: float) -> float:
    """Distribution function of N(0, 1), precise in the lower tail, where NormalDist.cdf rounds to 0."""
    return math.erfc(-number / math.sqrt(2)) / 2

"""Truncated latents: less variety, more typical images."""

import math
from statistics import NormalDist

import numpy as np

STANDARD = NormalDist()


def truncated(latent: np.ndarray, bound: float) -> np.ndarray:
    """Numbers from N(0, 1), (D,) -> numbers from N(0, 1) within [-bound, bound], each moved monotonically; the same for an infinite bound.

    Brock et al. 2018 (arXiv:1809.11096, section 3.1), by the inverse of the distribution's function. genlab.networks.latents.truncated
    computes the same with torch, whose last bits may differ. Uses the lower tail for both signs: the upper one rounds to 1.
    """
    if math.isinf(bound):
        return latent
    lowest = normal_cdf(-bound)
    shares = [lowest + normal_cdf(-abs(number)) * (1 - 2 * lowest) for number in latent]
    moved: np.ndarray = np.copysign(np.minimum([-STANDARD.inv_cdf(share) for share in shares], bound), latent)
    return moved


def normal_cdf(number: float) -> float:
    """The share of N(0, 1) below a number; NormalDist.cdf rounds it to 0 too early."""
    return math.erfc(-number / math.sqrt(2)) / 2

"""Mixtures of isotropic Gaussians: a ring, a grid, and mixtures on the line."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from genlab.errors import InputError

SPREAD = 5.0  # deviations beyond the outermost mean that belong to the extent


class Gaussians:
    """Mixture of isotropic Gaussians sum_k w_k N(mean_k, deviation^2 I) with one deviation for all.

    Raises:
        InputError: the means have different lengths, the deviation is not positive, or the weights do not fit the means.
    """

    def __init__(
        self,
        means: Sequence[Sequence[float]],  # (K, D)
        deviation: float,
        weights: Sequence[float] | None = None,  # (K,), need not sum to 1; None: equal
    ):
        if not means or len({len(mean) for mean in means}) > 1 or not len(means[0]):
            raise InputError(f"means: got {means}, expected at least one mean, and the same number of coordinates in each.")
        if not deviation > 0:
            raise InputError(f"deviation: got {deviation}, expected a positive number.")
        if weights is not None and (len(weights) != len(means) or min(weights) < 0 or not sum(weights) > 0):
            raise InputError(f"weights: got {weights}, expected {len(means)} numbers from 0 on, one per mean.")
        self.modes, self.deviation = torch.tensor([[*mean] for mean in means], dtype=torch.float64), float(deviation)
        shares = torch.tensor([1.0] * len(means) if weights is None else [*weights], dtype=torch.float64)
        self.weights = shares / shares.sum()  # (K,)
        self.dimensions = self.modes.shape[1]
        self.extent = float(self.modes.abs().max() + SPREAD * self.deviation)

    def sample(self, count: int, generator: torch.Generator) -> Tensor:
        """Draw samples, (count, D), float64."""
        chosen = torch.multinomial(self.weights, count, replacement=True, generator=generator)
        noise = torch.randn(count, self.dimensions, generator=generator, dtype=torch.float64)
        return self.modes[chosen] + self.deviation * noise

    def log_prob(self, points: Tensor) -> Tensor:
        """Points (N, D) -> log-density in nats, (N,), float64."""
        squares = (points.double()[:, None] - self.modes).square().sum(2) / self.deviation**2
        scale = self.dimensions * math.log(self.deviation * math.sqrt(2 * math.pi))
        return torch.logsumexp(self.weights.log() - squares / 2 - scale, 1)


def ring(modes: int = 8, radius: float = 2.0, deviation: float = 0.02) -> Gaussians:
    """Equal Gaussians on a circle in the plane.

    The defaults are those of Metz et al. 2016 (arXiv:1611.02163), appendix A, and Srivastava et al. 2017 (arXiv:1705.07761), section 5.1.
    """
    angles = [2 * math.pi * mode / modes for mode in range(modes)]
    return Gaussians([(radius * math.cos(angle), radius * math.sin(angle)) for angle in angles], deviation)


def grid(side: int = 5, spacing: float = 2.0, deviation: float = 0.05) -> Gaussians:
    """Equal Gaussians on a square grid around the origin, side x side.

    The defaults are those of Srivastava et al. 2017 (arXiv:1705.07761), section 5.1: 25 means at -4, -2, 0, 2, 4.
    """
    places = [spacing * (place - (side - 1) / 2) for place in range(side)]
    return Gaussians([(x, y) for x in places for y in places], deviation)


def on_line(means: Sequence[float], deviation: float, weights: Sequence[float] | None = None) -> Gaussians:
    """Mixture of Gaussians on the real line, D = 1."""
    return Gaussians([(mean,) for mean in means], deviation, weights)

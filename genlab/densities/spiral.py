"""A noisy spiral: a density along a curve, without isolated modes."""

import math

import torch
from torch import Tensor

from genlab.errors import InputError

POINTS_AT_ONCE = 2048  # limits memory


class Spiral:
    """Archimedean spiral in the plane with Gaussian noise: x = c(t) + deviation * noise, t uniform on [0, 1].

    c(t) = radius * t * (cos(2 pi turns t), sin(2 pi turns t)). The density is the integral of N(x; c(t), deviation^2 I) over t, computed by
    the trapezoidal rule on `nodes` intervals. Its error is negligible if a step along the curve is shorter than the deviation.

    Raises:
        InputError: a number is not positive, or the nodes are further apart than half a deviation.
    """

    dimensions = 2

    def __init__(self, turns: float = 2.0, radius: float = 2.0, deviation: float = 0.05, nodes: int = 2000):
        if not min(turns, radius, deviation, nodes) > 0:
            raise InputError(
                f"spiral: got turns {turns}, radius {radius}, deviation {deviation}, nodes {nodes}; expected positive numbers."
            )
        step = radius * math.hypot(1.0, 2 * math.pi * turns) / nodes  # the longest, at the outer end
        if step > deviation / 2:
            raise InputError(f"nodes: got {nodes}, whose steps of {step:.3g} are longer than half the deviation; expected more nodes.")
        self.turns, self.radius, self.deviation, self.nodes = turns, radius, deviation, nodes
        self.extent = radius + 5 * deviation

    def curve(self, t: Tensor) -> Tensor:
        """Positions t (N,) in [0, 1] -> points on the curve without noise, (N, 2)."""
        angle = 2 * math.pi * self.turns * t
        return self.radius * t[:, None] * torch.stack([angle.cos(), angle.sin()], 1)

    def sample(self, count: int, generator: torch.Generator) -> Tensor:
        """Draw samples, (count, 2), float64."""
        t = torch.rand(count, generator=generator, dtype=torch.float64)
        return self.curve(t) + self.deviation * torch.randn(count, 2, generator=generator, dtype=torch.float64)

    def log_prob(self, points: Tensor) -> Tensor:
        """Points (N, 2) -> log-density in nats, (N,), float64."""
        centres = self.curve(torch.linspace(0, 1, self.nodes + 1, dtype=torch.float64))
        weights = torch.full((self.nodes + 1,), 1 / self.nodes, dtype=torch.float64)
        weights[[0, -1]] /= 2
        scale = math.log(2 * math.pi * self.deviation**2)
        parts = [
            torch.logsumexp(weights.log() - (part[:, None] - centres).square().sum(2) / (2 * self.deviation**2), 1) - scale
            for part in points.double().split(POINTS_AT_ONCE)
        ]
        return torch.cat(parts)

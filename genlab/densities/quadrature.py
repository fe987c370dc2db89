"""Integrals over a box by the trapezoidal rule, on one or two coordinates."""

from typing import NamedTuple

import torch
from torch import Tensor

from genlab.errors import InputError


class Nodes(NamedTuple):
    """Nodes of a quadrature, and the volume that each stands for."""

    points: Tensor  # (N, D), float64
    volumes: Tensor  # (N,)
    side: int  # nodes per coordinate; N = side^D

    def integral(self, values: Tensor) -> float:
        """Integral of a function, given its values at the nodes, (N,)."""
        return float((values * self.volumes).sum())

    def expectation(self, log_density: Tensor, values: Tensor) -> float:
        """Expectation of a function under a density, given the log-density and the values at the nodes, (N,) each.

        Nodes of density 0 count 0, whatever the value there.
        """
        density = log_density.exp()
        return self.integral(torch.where(density > 0, density * values, 0.0))


def nodes(
    extent: float,  # the box is [-extent, extent]^D
    side: int,  # nodes per coordinate
    dimensions: int = 2,
) -> Nodes:
    """Nodes of the trapezoidal rule on a box. It converges exponentially for smooth functions that vanish at the border.

    Raises:
        InputError: fewer than two nodes, or more than two coordinates.
    """
    if side < 2 or dimensions not in (1, 2):
        raise InputError(f"nodes: got {side} per coordinate and {dimensions} coordinates, expected at least 2, and 1 or 2 coordinates.")
    line = torch.linspace(-extent, extent, side, dtype=torch.float64)
    weights = torch.full((side,), 2 * extent / (side - 1), dtype=torch.float64)
    weights[[0, -1]] /= 2
    if dimensions == 1:
        return Nodes(line[:, None], weights, side)
    points = torch.cartesian_prod(line, line)
    return Nodes(points, torch.outer(weights, weights).flatten(), side)


def jensen_shannon(p: Tensor, q: Tensor, over: Nodes) -> float:
    """Jensen-Shannon divergence in nats of two densities, given their logarithms at the nodes, (N,) each.

    JSD = 1/2 KL(p || m) + 1/2 KL(q || m), m = (p + q) / 2; between 0 and log 2.
    """
    middle = torch.logaddexp(p, q) - torch.log(torch.tensor(2.0, dtype=torch.float64))
    return (over.expectation(p, p - middle) + over.expectation(q, q - middle)) / 2

"""Two normal distributions on the line: their Wasserstein-1 distance, and the optimal critic under a gradient penalty, by quadrature."""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from genlab.densities.quadrature import Nodes, nodes

SIDE, LERPS = 4001, 400  # nodes on the line, and intervals of the positions between real and fake
TAILS = 8.0  # deviations beyond the means that belong to the integrals
SHOWN = 2.0  # deviations beyond the means within which slopes are reported
LEAST = 1.0e-12  # density of the interpolates below which the slope has no effect on any batch


class Optimum(NamedTuple):
    """The optimal critic under a penalty."""

    difference: float  # E_p f - E_q f
    steepest: float  # largest slope within two deviations of the interval between the means


def cumulative(x: Tensor, mean: float, deviation: float) -> Tensor:
    """Distribution function of N(mean, deviation^2) at points (N,)."""
    function: Tensor = torch.special.ndtr((x - mean) / deviation)
    return function


def wasserstein_of_normals(distance: float, deviation: float) -> float:
    """W1 of N(0, deviation^2) and N(distance, deviation^2): the integral of |F - G|, which is |distance|."""
    over = on_line(distance, deviation)
    x = over.points[:, 0]
    return over.integral((cumulative(x, 0.0, deviation) - cumulative(x, distance, deviation)).abs())


def penalised_optimum(distance: float, deviation: float, weight: float) -> Optimum:
    """Maximum over f of E_p f - E_q f - weight E (|f'| - 1)^2 for p = N(0, deviation^2) and q = N(distance, deviation^2), distance > 0.

    By parts, E_p f - E_q f is the integral of -f' (F - G). With s = -f' and r the density of the points between real and fake samples at
    which the penalty acts, the integrand s (F - G) - weight r (s - 1)^2 is largest at each x for s = 1 + (F - G) / (2 weight r). Hence the
    difference exceeds W1, by the integral of (F - G)^2 / (2 weight r).
    """
    over = on_line(distance, deviation)
    x = over.points[:, 0]
    gap = cumulative(x, 0.0, deviation) - cumulative(x, distance, deviation)
    density = between(x, distance, deviation)
    slope = 1 + torch.where(density > LEAST, gap / (2 * weight * density), 0.0)
    shown = (x > -SHOWN * deviation) & (x < distance + SHOWN * deviation)
    return Optimum(over.integral(gap * slope), float(slope[shown].max()))


def between(x: Tensor, distance: float, deviation: float) -> Tensor:
    """Density at x (N,) of (1 - t) a + t b with a and b from both distributions and t uniform on [0, 1], by the trapezoidal rule over t."""
    t = torch.linspace(0, 1, LERPS + 1, dtype=torch.float64)
    weights = torch.full_like(t, 1 / LERPS)
    weights[[0, -1]] /= 2
    spread = deviation * ((1 - t).square() + t.square()).sqrt()
    return (weights * torch.exp(-((x[:, None] - t * distance) / spread).square() / 2) / (spread * math.sqrt(2 * math.pi))).sum(1)


def on_line(distance: float, deviation: float) -> Nodes:
    """Nodes that cover both distributions."""
    return nodes(abs(distance) + TAILS * deviation, SIDE, 1)

"""The spiral's density against adaptive quadrature."""

import math

import pytest
import torch
from scipy.integrate import quad

from genlab.densities.quadrature import nodes
from genlab.densities.spiral import Spiral
from genlab.errors import InputError

SPIRAL = Spiral(turns=1.5, radius=2.0, deviation=0.1)


@pytest.mark.parametrize("point", [(0.0, 0.0), (1.0, 0.3), (-1.9, 0.2), (0.5, -2.0)])
def test_density_equals_the_integral_over_the_curve(point):
    def gaussian(t):
        angle = 2 * math.pi * 1.5 * t
        squares = (point[0] - 2 * t * math.cos(angle)) ** 2 + (point[1] - 2 * t * math.sin(angle)) ** 2
        return math.exp(-squares / (2 * 0.1**2)) / (2 * math.pi * 0.1**2)

    expected, _ = quad(gaussian, 0, 1, limit=500, epsabs=1e-14)
    assert SPIRAL.log_prob(torch.tensor([point], dtype=torch.float64)).exp().item() == pytest.approx(expected, rel=1e-4, abs=1e-12)


def test_density_integrates_to_one():
    plane = nodes(3.0, 121)
    assert plane.integral(SPIRAL.log_prob(plane.points).exp()) == pytest.approx(1, abs=1e-5)


def test_samples_follow_the_density():
    """The mean log-density of samples is minus the entropy, which quadrature gives as well."""
    plane = nodes(3.0, 121)
    log_density = SPIRAL.log_prob(plane.points)
    measured = SPIRAL.log_prob(SPIRAL.sample(20_000, torch.Generator().manual_seed(0))).mean().item()
    assert measured == pytest.approx(plane.expectation(log_density, log_density), abs=0.03)


def test_too_few_nodes_are_refused():
    with pytest.raises(InputError, match="expected more nodes"):
        Spiral(nodes=100)

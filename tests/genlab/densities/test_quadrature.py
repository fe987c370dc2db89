"""Quadrature against closed forms and scipy."""

import math

import pytest
import torch
from scipy.integrate import quad
from scipy.stats import norm

from genlab.densities.gaussians import Gaussians, on_line
from genlab.densities.quadrature import jensen_shannon, nodes
from genlab.errors import InputError


def test_entropy_of_a_gaussian_in_the_plane_is_the_closed_form():
    gaussian, plane = Gaussians([(0.3, -0.2)], 0.5), nodes(6.0, 121)
    log_density = gaussian.log_prob(plane.points)
    assert plane.expectation(log_density, -log_density) == pytest.approx(math.log(2 * math.pi * math.e * 0.5**2), abs=1e-10)


def test_jensen_shannon_divergence_equals_scipys_quadrature():
    p, q = norm(0, 1), norm(1, 0.5)

    def integrand(x):
        m = (p.pdf(x) + q.pdf(x)) / 2
        return sum(each.pdf(x) * (each.logpdf(x) - math.log(m)) / 2 for each in (p, q))

    expected, _ = quad(integrand, -9, 9, points=[0, 1], limit=200)
    line = nodes(12.0, 2001, dimensions=1)
    logs = [on_line([mean], deviation).log_prob(line.points) for mean, deviation in ((0.0, 1.0), (1.0, 0.5))]
    assert jensen_shannon(*logs, line) == pytest.approx(expected, abs=1e-8)


def test_jensen_shannon_divergence_is_log_2_far_apart_and_0_for_equal_densities():
    line = nodes(60.0, 6001, dimensions=1)
    near, far = (on_line([mean], 1.0).log_prob(line.points) for mean in (-20.0, 20.0))
    assert jensen_shannon(near, far, line) == pytest.approx(math.log(2), abs=1e-12)
    assert jensen_shannon(near, near, line) == pytest.approx(0, abs=1e-15)


def test_density_zero_counts_zero():
    line = nodes(1.0, 3, dimensions=1)
    log_density = torch.tensor([-torch.inf, 0.0, -torch.inf], dtype=torch.float64)
    assert line.expectation(log_density, torch.tensor([torch.inf, 2.0, torch.nan], dtype=torch.float64)) == 2.0


@pytest.mark.parametrize("arguments", [(1.0, 1), (1.0, 5, 3)])
def test_wrong_numbers_are_refused(arguments):
    with pytest.raises(InputError, match="expected at least 2"):
        nodes(*arguments)

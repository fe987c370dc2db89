"""Closed forms of the claims on the optimal critic, its value, and the least-squares objective, against scipy's quadrature."""

import math

import pytest
import torch
from scipy.integrate import dblquad
from scipy.stats import multivariate_normal

from genlab.densities.gaussians import Gaussians
from genlab.densities.quadrature import jensen_shannon
from genlab.theory.jensen_shannon import JensenShannon
from genlab.theory.least_squares import LeastSquares, chi_square, objective, second_form
from genlab.theory.optimal_critic import OptimalCritic, field_of, mean_error

P, Q = multivariate_normal([-0.5, 0.0], 1.0), multivariate_normal([0.5, 0.0], 1.0)
KNOWN = field_of(Gaussians([(-0.5, 0.0)], 1.0), Gaussians([(0.5, 0.0)], 1.0), side=121)


def integral(function) -> float:
    """Integral over the plane of a function of the densities p and q, by scipy."""
    return dblquad(lambda y, x: function(P.pdf((x, y)), Q.pdf((x, y))), -8, 8, -8, 8, epsabs=1e-7)[0]


def test_optimal_critic_is_p_over_p_plus_q():
    points = KNOWN.plane.points.numpy()
    expected = P.pdf(points) / (P.pdf(points) + Q.pdf(points))
    assert torch.allclose(KNOWN.optimal, torch.from_numpy(expected), atol=1e-12)


def test_no_other_critic_has_a_higher_value():
    """Theorem 1: V of the optimal critic is 2 JSD - log 4, and any change of it lowers V."""
    logits = KNOWN.p - KNOWN.q
    values = [
        KNOWN.plane.expectation(KNOWN.p, torch.nn.functional.logsigmoid(logits + shift))
        + KNOWN.plane.expectation(KNOWN.q, torch.nn.functional.logsigmoid(-logits - shift))
        for shift in (0.0, -0.3, 0.3, 0.2 * KNOWN.plane.points[:, 1].sin())
    ]
    assert values[0] == pytest.approx(2 * jensen_shannon(KNOWN.p, KNOWN.q, KNOWN.plane) - math.log(4), abs=1e-6)
    assert max(values[1:]) < values[0] - 1e-4


def test_error_of_an_undecided_critic_equals_scipys():
    expected = integral(lambda p, q: (p + q) / 2 * abs(0.5 - p / (p + q)) if p + q > 0 else 0.0)
    assert mean_error(KNOWN, torch.full_like(KNOWN.p, 0.5)) == pytest.approx(expected, abs=1e-3)  # the integrand has a kink


def test_chi_square_equals_scipys():
    expected = integral(lambda p, q: (q - p) ** 2 / (p + q) if p + q > 0 else 0.0)
    assert chi_square(KNOWN) == pytest.approx(expected, abs=1e-5)
    assert 2 * objective(KNOWN, -1, 1, 0) == pytest.approx(expected, abs=1e-5)


def test_second_coding_equals_scipys():
    expected = integral(lambda p, q: q**2 / (p + q) if p + q > 0 else 0.0)
    assert second_form(KNOWN) == pytest.approx(expected, abs=1e-5)
    assert 2 * objective(KNOWN, 0, 1, 1) == pytest.approx(expected, abs=1e-5)


def test_measured_values_have_their_names_and_pictures():
    claim = OptimalCritic(Gaussians([(0.0, 0.0)], 1.0), [[1.0, 0.0]], 1.0, steps=40, batch_size=8, side=21, frames=2).measure(0)
    assert len(claim.measurements) == 2 and claim.measurements[0].measured < claim.measurements[1].measured
    assert set(claim.pictures) == {"critic", "training"} and len(claim.pictures["training"].frames) >= 2


def test_equal_seeds_give_equal_claims():
    claims = [JensenShannon([1.0], steps=20, batch_size=8, side=21).measure(3) for _ in range(2)]
    assert claims[0].measurements == claims[1].measurements and claims[0].tables == claims[1].tables


def test_least_squares_measures_both_codings():
    claim = LeastSquares([0.0, 1.0], steps=20, batch_size=8, side=41).measure(0)
    exact = [each for each in claim.measurements if "a, b, c" in each.name]
    assert len(exact) == 4 and all(each.holds for each in exact)

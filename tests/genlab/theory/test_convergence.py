"""The Dirac-GAN: closed forms against automatic differentiation, finite differences and the engine."""

import math

import numpy as np
import pytest
import torch

from genlab.theory.convergence import Convergence, jacobian_of, step_of, verdict
from genlab.theory.dirac import GAMES, LINEAR, eigenvalues, hermite, rate_of, trajectory


@pytest.mark.parametrize("kind", ["simultaneous", "alternating"])
@pytest.mark.parametrize("name", LINEAR)
def test_eigenvalues_equal_those_of_finite_differences(name, kind):
    step, shift = step_of(GAMES[name], kind), 1e-5
    columns = []
    for axis in torch.eye(2, dtype=torch.float64):
        columns.append(((step(shift * axis, 0.3) - step(-shift * axis, 0.3)) / (2 * shift)).detach().numpy())
    found = np.linalg.eigvals(np.array(columns).T)
    np.testing.assert_allclose(np.sort_complex(found), np.sort_complex(eigenvalues(name, 0.3, kind == "alternating")), atol=1e-7)
    np.testing.assert_allclose(jacobian_of(step, 0.3), np.array(columns).T, atol=1e-8)


def test_eigenvalues_of_the_paper():
    """Lemmas 2.5 and 2.7: simultaneous steps have 1 +- i h f'(0); alternating ones have absolute value 1 for h f'(0) < 2."""
    assert sorted(eigenvalues("non-saturating", 0.2, False), key=lambda each: each.imag) == pytest.approx([1 - 0.1j, 1 + 0.1j])
    assert np.abs(eigenvalues("WGAN", 0.2, True)) == pytest.approx([1, 1])
    r1 = eigenvalues("R1", 0.2, False)  # lemma 4.1: 1 - h gamma / 2 +- h sqrt(gamma^2 / 4 - f'(0)^2)
    assert np.sort_complex(r1) == pytest.approx(
        np.sort_complex([1 - 0.05 + sign * 0.2 * np.emath.sqrt(0.25**2 - 0.25) for sign in (1, -1)])
    )


def test_quadrature_of_noise_has_the_moments_of_the_normal_distribution():
    nodes, weights = hermite(0.7)
    moments = [float((weights * nodes**power).sum()) for power in (0, 1, 2, 4)]
    assert moments == pytest.approx([1, 0, 0.7**2, 3 * 0.7**4], abs=1e-12)


def test_rates_of_a_rotating_spiral():
    places = torch.stack([0.95**n * torch.tensor([math.cos(0.3 * n), math.sin(0.3 * n)], dtype=torch.float64) for n in torch.arange(200)])
    assert rate_of(places) == pytest.approx(0.95, abs=1e-6)


def test_alternating_steps_of_wgan_conserve_their_ellipse():
    places = trajectory(GAMES["WGAN"].alternating, 0.2, 50, (1.0, 1.0))
    theta, psi = places.T
    assert (theta.square() + psi.square() - 0.2 * theta * psi).std() < 1e-12


def test_the_claim_measures_every_game():
    claim = Convergence(shown=20, turns=5, frames=2).measure(seed=0)
    follows = claim.measurements[0]
    assert follows.holds and 0 < follows.measured < 1e-6
    assert all(each.holds for each in claim.measurements), [each for each in claim.measurements if not each.holds]
    assert len(claim.tables[0].rows) == 2 * len(GAMES) and set(claim.pictures) == {"trajectories", "eigenvalues", "moving"}


def test_verdicts():
    shrinking = torch.stack([0.9**n * torch.ones(2, dtype=torch.float64) for n in torch.arange(100)])
    constant = torch.ones(100, 2, dtype=torch.float64)
    assert [verdict(*each) for each in ((shrinking, shrinking), (constant, constant), (1 / shrinking, 1 / shrinking))] == [
        "converges",
        "does not converge",
        "diverges",
    ]

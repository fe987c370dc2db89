"""Mixtures of Gaussians against scipy."""

import math

import numpy as np
import pytest
import torch
from scipy.integrate import dblquad, quad
from scipy.stats import multivariate_normal, norm

from genlab.densities.base import Density, Modal, images_of, points_of
from genlab.densities.gaussians import Gaussians, grid, on_line, ring
from genlab.errors import InputError


def test_log_density_equals_scipys():
    mixture = Gaussians([(0.0, 1.0), (2.0, -1.0)], 0.7, [1, 3])
    points = torch.randn(50, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    each = [multivariate_normal(mean, 0.7**2).pdf(points.numpy()) for mean in ((0, 1), (2, -1))]
    np.testing.assert_allclose(mixture.log_prob(points).exp(), 0.25 * each[0] + 0.75 * each[1], rtol=1e-12)


def test_density_of_a_mixture_on_the_line_integrates_to_one():
    mixture = on_line([-1.0, 2.0], 0.3, [2, 1])
    total, _ = quad(lambda x: math.exp(mixture.log_prob(torch.tensor([[x]]))[0]), -5, 6, points=[-1, 2])
    assert total == pytest.approx(1, abs=1e-9)
    assert mixture.log_prob(torch.tensor([[0.5]])).exp().item() == pytest.approx(2 / 3 * norm(-1, 0.3).pdf(0.5) + norm(2, 0.3).pdf(0.5) / 3)


def test_samples_have_the_moments_of_the_mixture():
    mixture = ring(modes=8, radius=2.0, deviation=0.02)
    points = mixture.sample(40_000, torch.Generator().manual_seed(1))
    assert points.mean(0).abs().max() < 0.03  # four standard errors of sqrt(2 / 40,000)
    assert points.square().sum(1).mean().item() == pytest.approx(4 + 2 * 0.02**2, abs=0.002)
    distances = torch.cdist(points, mixture.modes).min(1).values
    assert (distances < 3 * 0.02).double().mean().item() == pytest.approx(1 - math.exp(-4.5), abs=0.002)  # Rayleigh distribution


def test_grid_has_the_means_of_the_literature():
    assert {tuple(mode) for mode in grid().modes.tolist()} == {(x, y) for x in (-4, -2, 0, 2, 4) for y in (-4, -2, 0, 2, 4)}


def test_gaussians_are_modal_densities():
    assert isinstance(ring(), Density) and isinstance(ring(), Modal)


def test_points_and_images_are_inverse_and_within_the_extent():
    points = ring().sample(1000, torch.Generator().manual_seed(2))
    images = images_of(points, ring().extent)
    assert images.shape == (1000, 2, 1, 1) and images.abs().max() <= 1
    assert (points_of(images, ring().extent) - points).abs().max() < 1e-6


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([], 1.0), "at least one mean"),
        (([(0.0,), (0.0, 1.0)], 1.0), "same number of coordinates"),
        (([(0.0,)], 0.0), "deviation: got 0.0"),
        (([(0.0,)], 1.0, [1, 2]), "expected 1 numbers"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(InputError, match=message):
        Gaussians(*arguments)


def test_a_coarse_mixture_integrates_to_one_in_the_plane():
    mixture = ring(modes=3, radius=1.0, deviation=0.5)
    total, _ = dblquad(lambda y, x: math.exp(mixture.log_prob(torch.tensor([[x, y]]))[0]), -4, 4, -4, 4, epsabs=1e-5)
    assert total == pytest.approx(1, abs=1e-4)

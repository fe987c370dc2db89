"""Tests of variational bounds, free bits and active units."""

import math
from itertools import pairwise

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from genlab.variational.activity import active_units, activity
from genlab.variational.bounds import free_bits, gaussian_divergence, gaussian_log_density, importance_bound


def normal(*shape, seed=0):
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def test_the_divergence_from_the_standard_normal_equals_torchs():
    mean, log_variance = normal(5, 3), normal(5, 3, seed=1)
    expected = kl_divergence(Normal(mean, (log_variance / 2).exp()), Normal(0.0, 1.0))
    assert torch.allclose(gaussian_divergence(mean, log_variance), expected, atol=1e-12)


def test_the_log_density_equals_torchs():
    value, mean, log_variance = (normal(4, 5, 3, seed=seed) for seed in range(3))
    expected = Normal(mean, (log_variance / 2).exp()).log_prob(value).sum(-1)
    assert torch.allclose(gaussian_log_density(value, mean, log_variance), expected, atol=1e-12)


def test_free_bits_apply_to_the_batch_mean_and_stop_its_gradient():
    parts = torch.tensor([[0.0, 1.0, 0.1], [0.4, 5.0, 0.3]], requires_grad=True)  # means 0.2, 3, 0.2
    total = free_bits(parts, 0.5)
    assert total.item() == pytest.approx(0.5 + 3 + 0.5)
    (slope,) = torch.autograd.grad(total, parts)
    assert slope.tolist() == [[0.0, 0.5, 0.0]] * 2
    assert free_bits(parts, 0.0).item() == pytest.approx(parts.sum(1).mean().item())


def test_importance_bounds_are_between_the_mean_and_the_logarithm_of_the_mean():
    log_weights = 3 * normal(24, 7)
    bounds = [importance_bound(log_weights, samples) for samples in (1, 2, 6, 24)]
    assert torch.allclose(bounds[0], log_weights.mean(0))
    assert torch.allclose(bounds[-1], log_weights.exp().mean(0).log())
    assert all((more > less).all() for less, more in pairwise(bounds))
    assert torch.allclose(importance_bound(torch.full((24, 1), -2000.0), 24), torch.tensor(-2000.0))


def test_the_importance_bound_of_log_normal_weights_approaches_the_log_of_their_mean():
    """E exp(sigma e) = exp(sigma^2 / 2) for e from N(0, 1)."""
    assert importance_bound(normal(200_000, 1), 200_000).item() == pytest.approx(0.5, abs=0.02)
    assert importance_bound(normal(200_000, 1), 1).item() == pytest.approx(0, abs=0.02)


def test_latents_with_constant_means_are_not_active():
    means = torch.cat([normal(1000, 2), 0.05 * normal(1000, 3, seed=1), torch.full((1000, 1), 3.0)], 1)
    assert active_units(means) == 2
    assert activity(torch.tensor([[1.0], [3.0]])).item() == pytest.approx(1)
    assert math.isclose(activity(means)[-1].item(), 0, abs_tol=1e-12)

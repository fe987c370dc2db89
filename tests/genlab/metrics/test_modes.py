"""Counts of modes against brute force, scipy and closed forms."""

import math

import numpy as np
import pytest
import torch
from scipy.stats import entropy

from genlab.densities.gaussians import ring
from genlab.errors import InputError
from genlab.metrics.modes import caught_modes, from_uniform, moment_errors


def test_modes_equal_those_of_brute_force():
    generator = torch.Generator().manual_seed(0)
    points, modes = 2 * torch.randn(300, 2, generator=generator), 2 * torch.randn(7, 2, generator=generator)
    counts = np.zeros(7, int)
    for point in points.numpy():
        distances = [math.dist(point, mode) for mode in modes.numpy()]
        if min(distances) <= 3 * 0.2:
            counts[int(np.argmin(distances))] += 1
    found = caught_modes(points, modes, 0.2)
    assert found.caught == (counts > 0).sum() and found.high_quality == counts.sum() / 300
    assert found.divergence == pytest.approx(entropy(counts / counts.sum(), np.full(7, 1 / 7)))


def test_true_samples_are_of_high_quality_but_for_one_percent():
    found = caught_modes(ring().sample(50_000, torch.Generator().manual_seed(1)), ring().modes, ring().deviation)
    assert found.caught == 8 and found.divergence < 1e-3
    assert found.high_quality == pytest.approx(1 - math.exp(-4.5), abs=0.002)  # distances are Rayleigh-distributed


def test_one_mode_is_log_k_from_uniform_and_no_good_sample_is_nan():
    points = ring().modes[:1].expand(10, 2)
    assert caught_modes(points, ring().modes, 0.02).divergence == pytest.approx(math.log(8))
    found = caught_modes(torch.zeros(10, 2), ring().modes, 0.02)
    assert found.caught == 0 and found.high_quality == 0 and math.isnan(found.divergence)
    assert from_uniform(torch.tensor([5, 5, 5])) == pytest.approx(0)


def test_moments_equal_numpys():
    generator = torch.Generator().manual_seed(2)
    samples, truth = (
        torch.randn(500, 2, generator=generator) @ torch.tensor([[1.0, 0.5], [0.0, 1.0]]) + 1,
        torch.randn(500, 2, generator=generator),
    )
    found = moment_errors(samples, truth)
    expected = np.cov(truth.numpy().T)
    assert found.mean == pytest.approx(np.linalg.norm(samples.numpy().mean(0) - truth.numpy().mean(0)), rel=1e-5)
    assert found.covariance == pytest.approx(np.linalg.norm(np.cov(samples.numpy().T) - expected) / np.linalg.norm(expected), rel=1e-5)
    assert moment_errors(samples[:, :1], samples[:, :1]).covariance == 0


def test_no_samples_are_refused():
    with pytest.raises(InputError, match="got no samples"):
        caught_modes(torch.empty(0, 2), ring().modes, 0.1)

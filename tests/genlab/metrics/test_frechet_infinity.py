"""Tests of FID extrapolated to an infinite number of images."""

import numpy as np
import pytest

from genlab.errors import InputError
from genlab.metrics import blocks
from genlab.metrics.frechet import frechet_distance_of_moments, root
from genlab.metrics.frechet_infinity import frechet_infinity, squared_distance
from genlab.metrics.moments import Moments, moments_of

SIZE = 12


def gaussian(seed, count=600, shift=0.0):
    return np.random.default_rng(seed).normal(shift, 1, (count, SIZE)).astype(np.float32)


@pytest.fixture
def standard():
    """Moments of N(0, I) itself."""
    return Moments(10**9, np.zeros(SIZE), np.eye(SIZE) * (10**9 - 1))


def test_the_bias_of_fid_is_gone_on_average(standard):
    """The distance of N(0, I) and N(0.1, I) is 0.01 per feature."""
    truth = 0.01 * SIZE
    plain, beyond = [], []
    for seed in range(60):
        x = gaussian(seed, 400, shift=0.1)
        plain.append(frechet_distance_of_moments(standard, moments_of(x)) - truth)
        beyond.append(frechet_infinity(standard, x, seed).value - truth)
    assert np.mean(plain) > 10 * np.std(plain) / np.sqrt(60)
    assert abs(np.mean(beyond)) < 3 * np.std(beyond) / np.sqrt(60)
    assert abs(np.mean(beyond)) < np.mean(plain) / 5


def test_the_standard_error_shrinks_with_more_samples(standard):
    few, many = (frechet_infinity(standard, gaussian(3, count), 0).spread for count in (200, 5000))
    assert 0 < many < few / 2


def test_neither_order_nor_block_size_changes_the_value(standard, monkeypatch):
    x = gaussian(0)
    expected = frechet_infinity(standard, x, 0)
    monkeypatch.setattr(blocks, "BLOCK", 50)
    found = frechet_infinity(standard, x[np.random.default_rng(1).permutation(len(x))], 0)
    assert found == pytest.approx(expected, rel=1e-6)
    assert found != pytest.approx(frechet_infinity(standard, x, 1), rel=1e-6)  # other subsets


def test_the_fast_distance_is_the_distance():
    real, fake = moments_of(gaussian(0)), moments_of(gaussian(1, shift=0.5) * 1.3)
    assert squared_distance(real, root(real), fake) == pytest.approx(frechet_distance_of_moments(real, fake), rel=1e-9)


def test_too_few_samples_are_one_clear_error(standard):
    with pytest.raises(InputError, match="got 23 generated images, expected at least 24"):
        frechet_infinity(standard, gaussian(0, 23))
    assert np.isfinite(frechet_infinity(standard, gaussian(0, 24)).value)

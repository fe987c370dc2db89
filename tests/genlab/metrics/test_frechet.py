"""Tests of the Frechet distance against its formula with scipy's matrix root."""

import numpy as np
import pytest
import scipy.linalg

from genlab.metrics.frechet import frechet_distance


def gaussian(seed, count=500, features=16, shift=0.0, scale=1.0):
    return np.random.default_rng(seed).normal(shift, scale, (count, features)).astype(np.float32)


def test_frechet_distance_is_the_formula_with_scipys_matrix_root():
    x, y = gaussian(0), gaussian(1, shift=0.5, scale=2.0) @ np.diag(np.linspace(0.5, 1.5, 16)).astype(np.float32)
    sx, sy = np.cov(x.T.astype(float)), np.cov(y.T.astype(float))
    root = scipy.linalg.sqrtm(sx @ sy).real
    expected = np.square(x.mean(0, dtype=float) - y.mean(0, dtype=float)).sum() + np.trace(sx + sy - 2 * root)
    assert frechet_distance(x, y) == pytest.approx(expected, rel=1e-8)


def test_frechet_distance_with_fewer_images_than_features():
    x, y = gaussian(0, count=10, features=40), gaussian(1, count=12, features=40)
    assert frechet_distance(x, x) == pytest.approx(0, abs=1e-8)
    assert frechet_distance(x, y) == pytest.approx(frechet_distance(y, x), rel=1e-9) and frechet_distance(x, y) > 0

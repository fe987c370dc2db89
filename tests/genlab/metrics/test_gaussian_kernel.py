"""Tests of the Gaussian kernel distance."""

import numpy as np
import pytest

from genlab.errors import InputError
from genlab.metrics import blocks
from genlab.metrics.gaussian_kernel import gaussian_kernel_distance


def gaussian(seed, count=40, features=8, shift=0.0):
    return np.random.default_rng(seed).normal(shift, 1, (count, features)).astype(np.float32)


@pytest.mark.parametrize("bandwidth", [10.0, 0.5])
def test_the_distance_is_the_double_sum_over_features_of_length_1(bandwidth, monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK", 6)
    x, y = gaussian(0, 13).astype(float), gaussian(1, 15, shift=0.4).astype(float)
    u, v = (each / np.linalg.norm(each, axis=1, keepdims=True) for each in (x, y))

    def k(a, b):
        return np.exp(-np.square(a - b).sum() / (2 * bandwidth**2))

    own = [np.mean([k(each[i], each[j]) for i in range(len(each)) for j in range(len(each)) if i != j]) for each in (u, v)]
    expected = 1000 * (sum(own) - 2 * np.mean([k(a, b) for a in u for b in v]))
    assert gaussian_kernel_distance(x, y, bandwidth) == pytest.approx(expected, rel=1e-7)


def test_the_distance_of_one_distribution_is_zero_on_average():
    values = [gaussian_kernel_distance(gaussian(2 * i), gaussian(2 * i + 1)) for i in range(200)]
    assert abs(np.mean(values)) < 3 * np.std(values) / np.sqrt(200)
    assert gaussian_kernel_distance(gaussian(0), gaussian(1, shift=1.0)) > 20 * np.std(values)


def test_the_length_of_features_does_not_matter_and_a_wide_kernel_measures_the_distance_of_the_means():
    x, y = gaussian(0, 300), gaussian(1, 300, shift=0.5)
    assert gaussian_kernel_distance(7 * x, y) == pytest.approx(gaussian_kernel_distance(x, y), rel=1e-6)
    u, v = (each / np.linalg.norm(each, axis=1, keepdims=True) for each in (x.astype(float), y.astype(float)))
    means = 1000 * np.square(u.mean(0) - v.mean(0)).sum() / 100  # MMD^2 of the linear kernel x.y / sigma^2
    assert gaussian_kernel_distance(x, y) == pytest.approx(means, rel=0.1)


def test_one_image_is_too_few():
    with pytest.raises(InputError, match="got 1 generated image, expected at least 2"):
        gaussian_kernel_distance(gaussian(0), gaussian(1, 1))

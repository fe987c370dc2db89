"""Tests of the kernel distance."""

import numpy as np
import pytest

from genlab.metrics import blocks
from genlab.metrics.kernel import kernel_distance


def gaussian(seed, count=500, features=16, shift=0.0, scale=1.0):
    return np.random.default_rng(seed).normal(shift, scale, (count, features)).astype(np.float32)


@pytest.mark.parametrize("block", [4, 2048])
def test_kernel_distance_is_the_double_sum(block, monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK", block)
    x, y = gaussian(0, 7, 5).astype(float), gaussian(1, 9, 5, shift=0.3).astype(float)

    def k(a, b):
        return (a @ b / 5 + 1) ** 3

    within_x = np.mean([k(x[i], x[j]) for i in range(7) for j in range(7) if i != j])
    within_y = np.mean([k(y[i], y[j]) for i in range(9) for j in range(9) if i != j])
    between = np.mean([k(a, b) for a in x for b in y])
    assert kernel_distance(x, y) == pytest.approx(within_x + within_y - 2 * between, rel=1e-10)


def test_kernel_distance_of_one_distribution_is_zero_on_average():
    values = [kernel_distance(gaussian(2 * i, 40), gaussian(2 * i + 1, 40)) for i in range(200)]
    assert abs(np.mean(values)) < 3 * np.std(values) / np.sqrt(200)
    assert kernel_distance(gaussian(0), gaussian(1, shift=1.0)) > 20 * np.std(values)

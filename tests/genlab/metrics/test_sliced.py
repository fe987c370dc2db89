"""Tests of the sliced Wasserstein distance against POT, scipy and closed forms."""

import numpy as np
import pytest
from scipy.stats import wasserstein_distance

from genlab.errors import InputError
from genlab.metrics import blocks, sliced
from genlab.metrics.sliced import sliced_wasserstein, transport_costs, unit_directions


def gaussian(seed, count=80, size=5, shift=0.0):
    return np.random.default_rng(seed).normal(shift, 1, (count, size)).astype(np.float32)


@pytest.mark.parametrize("count", [80, 53])
@pytest.mark.parametrize("power", [1, 2])
def test_the_distance_is_that_of_pot_on_the_same_directions(count, power, monkeypatch):
    ot = pytest.importorskip("ot")
    monkeypatch.setattr(blocks, "BLOCK", 33)
    monkeypatch.setattr(sliced, "GROUP", 7)
    x, y = gaussian(0), gaussian(1, count, shift=0.3)
    expected = ot.sliced_wasserstein_distance(x.astype(float), y.astype(float), p=power, projections=unit_directions(5, 20, seed=4))
    assert sliced_wasserstein(x, y, seed=4, directions=20, power=power) == pytest.approx(expected, rel=1e-9)


def test_costs_of_unequal_sets_are_those_of_scipy():
    x, y = np.sort(gaussian(0, 3, 31).astype(float)), np.sort(gaussian(1, 3, 44, shift=0.5).astype(float))
    assert transport_costs(x, y, 1) == pytest.approx([wasserstein_distance(*pair) for pair in zip(x, y, strict=True)], rel=1e-9)


def test_a_shift_moves_every_projection():
    """W_2 of x and x + v along a direction u is |u.v|, and the mean of (u.v)^2 over the sphere is |v|^2 / D."""
    x = gaussian(0)
    found = sliced_wasserstein(x, x + np.float32(0.5), directions=20_000)
    assert found == pytest.approx(0.5, rel=0.01)
    assert sliced_wasserstein(x, x) == 0


def test_order_does_not_matter():
    x, y = gaussian(0), gaussian(1, shift=0.3)
    assert sliced_wasserstein(x[::-1], np.roll(y, 7, axis=0)) == pytest.approx(sliced_wasserstein(x, y), rel=1e-9)


def test_no_images_are_a_clear_error():
    with pytest.raises(InputError, match="got 0 generated images, expected at least 1"):
        sliced_wasserstein(gaussian(0), gaussian(0, 0))

"""Tests of the search for neighbours."""

import numpy as np
import pytest

from genlab.metrics import blocks
from genlab.metrics.neighbours import distances, nearest


def gaussian(seed, count=60, features=4, shift=0.0, scale=1.0):
    return np.random.default_rng(seed).normal(shift, scale, (count, features)).astype(np.float32)


@pytest.fixture
def small_blocks(monkeypatch):
    """Blocks so small that every loop over blocks runs several times and ends with a smaller block."""
    monkeypatch.setattr(blocks, "BLOCK", 7)


@pytest.mark.usefixtures("small_blocks")
def test_nearest_neighbours_are_those_of_a_sort_over_all():
    x, y = gaussian(0, 20), gaussian(1, 31)
    everything = np.array([[np.linalg.norm(a.astype(float) - b) for b in y] for a in x])
    found = nearest(x, y, 3)
    assert (found.indices == everything.argsort(axis=1)[:, :3]).all()
    assert found.distances == pytest.approx(np.sort(everything, axis=1)[:, :3], rel=1e-9)
    assert nearest(x, y).indices.shape == (20, 1)
    assert nearest(x, y[:2], 3).indices.shape == (20, 2)  # y has only two
    assert sorted(nearest(x[:1], y, 31).indices[0]) == list(range(31))


def test_distances_are_0_for_equal_points_and_accurate_for_near_points():
    x = gaussian(0, 50, 1280, shift=30.0)
    apart = distances(x, x[::-1])
    assert (np.diag(apart[:, ::-1]) == 0).all() and (apart == 0).sum() == 50
    step = np.zeros((1, 1280), np.float32)
    step[0, 5] = 0.25
    assert distances(x[:1], x[:1] + step)[0, 0] == pytest.approx(0.25, rel=1e-4)

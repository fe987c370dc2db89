"""Tests of precision and recall on nearest-neighbour balls, and of the search for neighbours."""

import numpy as np
import pytest

from genlab.metrics import blocks
from genlab.metrics.manifold import precision, recall
from genlab.metrics.neighbours import distances, nearest


def gaussian(seed, count=60, features=4, shift=0.0, scale=1.0):
    return np.random.default_rng(seed).normal(shift, scale, (count, features)).astype(np.float32)


def line(*places):
    return np.array(places, np.float32)[:, None]


@pytest.fixture
def small_blocks(monkeypatch):
    """Blocks so small that every loop over blocks runs several times and ends with a smaller block."""
    monkeypatch.setattr(blocks, "BLOCK", 7)


def test_balls_on_a_line_reach_to_the_kth_nearest_other():
    real = line(0, 1, 3, 10)  # with k = 1 the balls are [-1, 1], [0, 2], [1, 5], [3, 17]
    assert precision(real, line(-1, -1.01, 2, 5, 17, 17.01), k=1) == pytest.approx(4 / 6)  # a ball includes its boundary
    # With k = 2: [-3, 3], [-1, 3], [0, 6], [1, 19].
    assert precision(real, line(-3, -3.01, 2, 5, 19, 19.01), k=2) == pytest.approx(4 / 6)


def test_a_sampler_that_leaves_a_mode_out_loses_recall_and_one_that_adds_a_mode_loses_precision():
    two = np.concatenate([gaussian(0), gaussian(1, shift=100)])
    one, three = gaussian(2, 120), np.concatenate([gaussian(3, 40), gaussian(4, 40, shift=100), gaussian(5, 40, shift=-100)])
    assert precision(two, one) > 0.8 and recall(two, one) <= 0.5
    assert precision(two, three) <= 2 / 3 and recall(two, three) > 0.7


def test_equal_sets_score_1_and_distant_sets_score_0():
    x, far = gaussian(0), gaussian(1, shift=1e3)
    assert precision(x, x) == recall(x, x) == 1
    assert precision(x, far) == recall(x, far) == 0
    same = np.repeat(gaussian(2, 1, features=1280) + 7, 5, axis=0)  # more copies than k: balls of radius 0
    assert precision(same, same[:2]) == 1 and precision(same, same[:2] * 1.01) == 0


def test_swapping_the_sets_swaps_precision_and_recall():
    x, y = gaussian(0), gaussian(1, 45, shift=0.7)
    assert precision(x, y) == recall(y, x) and recall(x, y) == precision(y, x)
    assert 0 < precision(x, y) < 1


@pytest.mark.usefixtures("small_blocks")
def test_precision_is_the_double_loop_of_equation_1():
    real, fake = gaussian(0, 40), gaussian(1, 33, shift=0.8)

    def ball(i):
        return sorted(np.linalg.norm(real[i].astype(float) - other) for other in np.delete(real, i, axis=0))[3 - 1]

    inside = [any(np.linalg.norm(each.astype(float) - real[i]) <= ball(i) for i in range(40)) for each in fake]
    assert 0 < np.mean(inside) < 1
    assert precision(real, fake) == pytest.approx(np.mean(inside))


def test_balls_of_a_set_of_at_most_k_reach_its_farthest_image():
    assert precision(line(0, 1), line(2, 2.01), k=3) == 0.5


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

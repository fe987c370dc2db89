"""Tests of the comparison of generated with real images: KID and its spread, precision, recall, density and coverage."""

import numpy as np
import pytest

from genlab.metrics import blocks
from genlab.metrics.comparison import Subsets, compare, of_set
from genlab.metrics.kernel import kernel_distance


def gaussian(seed, count=60, features=4, shift=0.0, scale=1.0):
    return np.random.default_rng(seed).normal(shift, scale, (count, features)).astype(np.float32)


def line(*places):
    return np.array(places, np.float32)[:, None]


@pytest.fixture
def small_blocks(monkeypatch):
    """Blocks so small that every loop over blocks runs several times and ends with a smaller block."""
    monkeypatch.setattr(blocks, "BLOCK", 7)


def precision(real, fake, k=3):
    return compare(real, fake, Subsets(number=0), neighbours=k).precision


def recall(real, fake):
    return compare(real, fake, Subsets(number=0)).recall


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
def test_all_scores_are_those_of_loops_over_all_pairs():
    real, fake, k = gaussian(0, 40), gaussian(1, 33, shift=0.8), 5
    apart = np.linalg.norm(real[:, None].astype(float) - fake, axis=2)
    reach = [sorted(np.linalg.norm(real[i].astype(float) - np.delete(real, i, axis=0), axis=1))[k - 1] for i in range(40)]
    inside = [[apart[i, j] <= reach[i] for j in range(33)] for i in range(40)]
    found = compare(real, fake, Subsets(number=0))
    assert found.density == pytest.approx(np.sum(inside) / (k * 33)) and found.coverage == pytest.approx(np.any(inside, axis=1).mean())
    assert 0 < found.coverage < 1
    assert found.kid == pytest.approx(kernel_distance(real, fake), rel=1e-9)
    assert found.precision == precision(real, fake) and found.recall == precision(fake, real)


@pytest.mark.usefixtures("small_blocks")
def test_the_spread_is_that_of_distances_of_subsets():
    real, fake, subsets = gaussian(0, 40), gaussian(1, 30, shift=0.3), Subsets(seed=3, number=20, largest=12)
    drawn = [np.random.default_rng([3, side]) for side in (0, 1)]
    values = []
    for _ in range(20):
        x, y = (each[random.choice(len(each), 12, replace=False)] for random, each in zip(drawn, (real, fake), strict=True))
        values.append(kernel_distance(x, y))
    assert compare(real, fake, subsets).kid_spread == pytest.approx(np.std(values), rel=1e-9)


def test_the_spread_shrinks_with_more_images_and_grows_with_smaller_subsets():
    small, large = (compare(gaussian(0, n, 16), gaussian(1, n, 16)).kid_spread for n in (40, 640))
    assert large < small / 4
    x, y = gaussian(0, 200, 16), gaussian(1, 300, 16)
    assert compare(x, y, Subsets(largest=60)).kid_spread > compare(x, y).kid_spread


@pytest.mark.parametrize("block", [1, 7, 60, 2048])
def test_scores_depend_neither_on_the_size_of_blocks_nor_on_the_order_of_images(block, monkeypatch):
    real, fake, subsets = gaussian(0), gaussian(1, 45, shift=0.7), Subsets(number=0)
    expected = compare(real, fake, subsets)
    monkeypatch.setattr(blocks, "BLOCK", block)
    for order in (slice(None), slice(None, None, -1)):
        assert compare(real[order], fake[order], subsets)[2:] == expected[2:]
        assert compare(real[order], fake[order], subsets).kid == pytest.approx(expected.kid, rel=1e-9)


def test_what_pairs_within_the_real_images_give_is_computed_once():
    real, subsets = gaussian(0), Subsets(number=5)
    known = of_set(real, subsets)
    for seed in (1, 2):
        fake = gaussian(seed, 45, shift=0.7)
        assert compare(real, fake, subsets, known) == compare(real, fake, subsets)


def test_an_outlier_among_the_real_images_raises_precision_but_not_density():
    real, fake = gaussian(0, 200, 2), gaussian(1, 200, 2, shift=12.0)
    outlier = np.concatenate([real, np.full((1, 2), 30, np.float32)])
    before, after = (compare(each, fake, Subsets(number=0)) for each in (real, outlier))
    assert before.precision == 0 and after.precision > 0.9
    assert after.density < 0.25 and after.coverage < 0.01

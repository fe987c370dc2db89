"""Tests of binned images: the share of statistically different bins and the Jensen-Shannon divergence."""

import math

import numpy as np
import pytest
import scipy.spatial
import scipy.stats
from threadpoolctl import threadpool_limits

from genlab.metrics.bins import Bins, bins_of, jensen_shannon, two_proportions

CENTRES = np.stack(np.meshgrid([-100.0, 0, 100, 200], [0.0, 100]), axis=-1).reshape(-1, 2)  # centres of eight modes


def modes(seed: int, count: int, centres: np.ndarray = CENTRES) -> np.ndarray:
    """Points (count, 2) from unit Gaussians around the centres, with equal probability for each centre."""
    random = np.random.default_rng(seed)
    return centres[random.integers(0, len(centres), count)] + random.normal(size=(count, 2))


def test_z_by_hand_and_as_a_chi_square():
    counts, others = np.array([30, 70]), np.array([90, 110])
    # Shares 0.3 and 0.45, together 0.4: (0.3 - 0.45) / sqrt(0.4 x 0.6 x (1 / 100 + 1 / 200)) = -0.15 / 0.06
    assert two_proportions(counts, others) == pytest.approx([-2.5, 2.5])
    chi_square = scipy.stats.chi2_contingency([counts, others], correction=False).statistic
    assert two_proportions(counts, others) ** 2 == pytest.approx([chi_square, chi_square])


def test_a_bin_that_is_empty_or_holds_all_does_not_differ():
    assert two_proportions(np.array([0, 5, 5]), np.array([0, 3, 7]))[0] == 0
    assert two_proportions(np.array([8]), np.array([3])).tolist() == [0]


def test_divergence_is_0_for_equal_shares_log_2_for_disjoint_ones_and_scipys_squared_distance_between():
    assert jensen_shannon(np.array([1, 2, 3]), np.array([10, 20, 30])) == pytest.approx(0, abs=1e-15)
    assert jensen_shannon(np.array([4, 0]), np.array([0, 9])) == pytest.approx(math.log(2))
    p, q = np.array([5, 0, 3, 2]), np.array([1, 4, 5, 0])
    assert jensen_shannon(p, q) == pytest.approx(scipy.spatial.distance.jensenshannon(p, q) ** 2)


def test_images_fall_into_the_bin_of_the_nearest_centre():
    bins = Bins(np.array([[0.0], [10.0], [100.0]]))
    assert bins.counts(np.array([[-3.0], [4.9], [5.1], [12.0], [11.0]])).tolist() == [2, 3, 0]


def test_with_as_many_bins_as_modes_each_holds_one():
    bins = bins_of(modes(0, 800), count=8)
    assert sorted(bins.centres.round(-1).tolist()) == sorted(CENTRES.tolist())


def test_one_bin_in_twenty_differs_between_sets_of_one_distribution():
    bins = bins_of(modes(0, 6000))
    found = [bins.different(modes(seed, 5000), modes(seed + 100, 4000)) for seed in range(1, 16)]
    assert len(bins.centres) == found[0].bins == 100
    assert np.mean([each.share for each in found]) == pytest.approx(0.05, abs=0.015)  # 1,500 tests: a standard deviation of 0.006
    assert max(each.divergence for each in found) < 0.01


def test_bins_overfit_the_images_that_they_were_made_from():
    """Samples must be compared with new real images: in many dimensions, new images differ from those that the bins were fitted to."""
    training, new, others = np.random.default_rng(0).normal(size=(3, 1500, 400))
    bins = bins_of(training, count=30)
    assert bins.different(new, training).share > 0.3 and bins.different(new, others).share < 0.15


def test_a_missing_mode_shows_in_all_of_its_bins():
    training, reference = modes(0, 6000), modes(1, 6000)
    bins = bins_of(training)
    missing = np.abs(bins.centres - CENTRES[2]).max(1) < 10
    without = modes(2, 6000, np.delete(CENTRES, 2, axis=0))
    z = two_proportions(bins.counts(without), bins.counts(reference))
    assert missing.sum() > 5 and (z[missing] < -1.96).all()
    whole, reduced = bins.different(modes(3, 6000), reference), bins.different(without, reference)
    assert reduced.share > max(missing.mean(), 2 * whole.share)
    # The samples lack one of the eight modes of the reference; the other seven have shares of 1 / 7 instead of 1 / 8.
    p, q = np.full(8, 1 / 8), np.append(np.full(7, 1 / 7), 0)
    assert reduced.divergence == pytest.approx(scipy.spatial.distance.jensenshannon(p, q) ** 2, abs=0.01)


def test_few_images_make_few_bins():
    assert len(bins_of(modes(0, 137)).centres) == 13
    assert len(bins_of(modes(0, 9)).centres) == 1


def test_bins_depend_on_the_seed_and_not_on_the_threads():
    training = modes(0, 3000)
    with threadpool_limits(2):
        threaded = bins_of(training, seed=1)
    assert np.array_equal(bins_of(training, seed=1).centres, threaded.centres)
    assert not np.array_equal(bins_of(training, seed=2).centres, threaded.centres)

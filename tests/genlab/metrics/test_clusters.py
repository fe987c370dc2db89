"""Tests of scores that compare clusters with labels: purity, mutual information, Rand index and matching accuracy."""

import math

import numpy as np
import pytest

from genlab.metrics.clusters import adjusted_rand_index, best_matching_accuracy, cluster_scores, normalised_mutual_information, purity

# Manning et al. 2008, figure 16.4: 17 points of three classes in three clusters.
LABELS = np.array([*"xxxxxo", *"xoooov", *"xxvvv"])
CLUSTERS = np.array([7] * 6 + [2] * 6 + [5] * 5)  # cluster numbers are arbitrary


def test_scores_of_the_books_example():
    scores = cluster_scores(CLUSTERS, LABELS)
    assert scores["purity"] == pytest.approx((5 + 4 + 3) / 17)  # 0.71 in the book
    assert round(scores["nmi"], 2) == 0.36  # table 16.2
    # 40 of the 136 pairs share a cluster, 44 share a class and 20 share both; by chance 40 x 44 / 136 would share both.
    chance = 40 * 44 / 136
    assert scores["ari"] == pytest.approx((20 - chance) / ((40 + 44) / 2 - chance))


def test_mutual_information_by_hand():
    labels = np.array([0, 0, 1, 1])
    clusters = np.array([0, 0, 0, 1])
    information = 0.5 * math.log(0.5 / (0.75 * 0.5)) + 0.25 * math.log(0.25 / (0.75 * 0.5)) + 0.25 * math.log(0.25 / (0.25 * 0.5))
    entropies = math.log(2), -0.75 * math.log(0.75) - 0.25 * math.log(0.25)
    assert normalised_mutual_information(clusters, labels) == pytest.approx(information / (sum(entropies) / 2))


def test_scores_do_not_depend_on_the_names_of_clusters_and_labels():
    renamed = np.array(["b", "c", "a"])[np.unique(LABELS, return_inverse=True)[1]]
    assert cluster_scores(CLUSTERS, LABELS) == pytest.approx(cluster_scores(-CLUSTERS, renamed))
    assert set(cluster_scores(CLUSTERS, CLUSTERS + 1).values()) == {1.0}
    assert best_matching_accuracy(CLUSTERS, -CLUSTERS) == 1


def test_a_single_cluster_has_no_information_and_one_per_image_is_pure():
    one, each = np.zeros(17, int), np.arange(17)
    assert cluster_scores(one, LABELS) == {"purity": pytest.approx(8 / 17), "nmi": 0, "ari": 0}
    assert purity(each, LABELS) == 1 and adjusted_rand_index(each, LABELS) == 0
    assert best_matching_accuracy(each, LABELS) == pytest.approx(3 / 17)


def test_random_clusters_are_as_good_as_chance():
    random = np.random.default_rng(0)
    labels, clusters = random.integers(0, 5, (2, 20_000))
    scores = cluster_scores(clusters, labels)
    assert abs(scores["ari"]) < 1e-3 and scores["nmi"] < 1e-3 and scores["purity"] == pytest.approx(0.2, abs=0.02)


def test_best_matching_uses_a_label_once_where_purity_counts_it_twice():
    labels = np.repeat([0, 1], [6, 3])
    clusters = np.array([0, 0, 0, 1, 1, 1, 1, 1, 0])  # label 0 is the most common in both
    assert purity(clusters, labels) == pytest.approx(6 / 9)
    assert best_matching_accuracy(clusters, labels) == pytest.approx((3 + 2) / 9)

"""Every score states the smallest number of images that it is defined for, and is finite from that number on."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from genlab.errors import InputError
from genlab.metrics.bins import bins_of
from genlab.metrics.clusters import best_matching_accuracy, cluster_scores
from genlab.metrics.comparison import Subsets, compare
from genlab.metrics.distribution import distances, distribution_scores
from genlab.metrics.frechet import frechet_distance
from genlab.metrics.kernel import kernel_distance
from genlab.metrics.neighbours import nearest
from genlab.metrics.paired import paired_scores
from genlab.metrics.path_length import perceptual_path_length
from genlab.metrics.perceptual import perceptual_scores

EXTRACTOR = SimpleNamespace(name="pixels", stages=lambda pixels: [pixels.transpose(0, 3, 1, 2).astype(float)])


def features(count):
    return np.random.default_rng(count).normal(size=(count, 3))


def images(count):
    return torch.rand(count, 1, 24, 24, generator=torch.Generator().manual_seed(count)) * 2 - 1


def pixels(count):
    return np.random.default_rng(count).integers(0, 256, (count, 4, 4, 3), np.uint8)


# Name, function of one number of images, and the smallest number that it accepts.
SCORES = {
    "Frechet distance": (lambda n: frechet_distance(features(9), features(n)), 2),
    "kernel distance": (lambda n: kernel_distance(features(n), features(9)), 2),
    "spread of the kernel distance": (lambda n: compare(features(9), features(9), Subsets(largest=n)).kid_spread, 2),
    "distribution": (lambda n: distribution_scores(features(n), features(9), EXTRACTOR), 2),
    "distances": (lambda n: distances(features(9), features(n), EXTRACTOR), 2),
    "nearest neighbours": (lambda n: float(nearest(features(9), features(n)).distances.sum()), 1),
    "bins": (lambda n: bins_of(features(n)).different(features(9), features(9))._asdict(), 1),
    "bins of": (lambda n: bins_of(features(9)).different(features(n), features(9))._asdict(), 1),
    "clusters": (lambda n: cluster_scores(np.zeros(n, int), np.zeros(n, int)), 1),
    "matching": (lambda n: best_matching_accuracy(np.zeros(n, int), np.zeros(n, int)), 1),
    "paired": (lambda n: paired_scores(images(n), images(n)), 1),
    "perceptual": (lambda n: perceptual_scores(pixels(n), pixels(n), EXTRACTOR), 1),
    "path length": (lambda n: perceptual_path_length([(images(n), images(n))], 1e-2, EXTRACTOR), 1),
}


@pytest.mark.parametrize("name", SCORES)
def test_too_few_images_are_one_clear_error(name):
    score, fewest = SCORES[name]
    for count in range(fewest):
        with pytest.raises(InputError, match=rf"got {count} [\w ]+, expected at least {fewest}: it is not defined for fewer"):
            score(count)


@pytest.mark.parametrize("name", SCORES)
@pytest.mark.filterwarnings("error")
def test_the_smallest_numbers_of_images_give_finite_scores(name):
    score, fewest = SCORES[name]
    for count in range(fewest, fewest + 3):
        values = score(count)
        assert all(map(math.isfinite, values.values() if isinstance(values, dict) else [values])), values


def test_a_single_image_has_no_spread():
    assert not any(name.endswith("_spread") for score in ("paired", "perceptual", "path length") for name in SCORES[score][0](1))
    assert {"psnr_spread", "l1_spread"} < set(SCORES["paired"][0](2)) and "ppl_pixels_spread" in SCORES["path length"][0](2)


def test_two_sets_of_two_images_have_a_distance_without_a_spread():
    """All their subsets are the whole sets: a spread of 0 would say that the distance is exact."""
    found = compare(features(2), features(2) + 1)
    assert found.kid_spread is None and math.isfinite(found.kid)
    assert set(distances(features(2), features(2) + 1, EXTRACTOR)) == {"kid_pixels", "fid_pixels"}
    assert compare(features(3), features(2) + 1).kid_spread > 0

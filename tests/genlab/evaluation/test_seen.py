"""Features and counts of images, batch by batch."""

import numpy as np
import pytest
from stand_ins import Classifiers, Means, image_set, of_split

from genlab.engine.in_order import Batches
from genlab.evaluation.seen import Observer, Rows, flat, images_of, pixel_bins, small
from genlab.evaluation.settings import Settings


def seen_by(observe, pixels, known=None, size=100):
    """What an observer keeps of images that it sees in batches."""
    batches = Batches(len(pixels), size, lambda start, stop: pixels[start:stop])
    return observe.gathered(observe.glimpses(batches, known is None), len(pixels), known)


@pytest.mark.parametrize("size", [40, 7, 1])
def test_features_and_counts_do_not_depend_on_the_batches(size):
    images = image_set()
    pixels = of_split(images, "train")[0]
    bins = pixel_bins(images, images.indices("train"), Settings(bins=4))
    seen = seen_by(Observer(Means(), Classifiers().of_set(images), bins, kept=9), pixels, size=size)
    assert np.array_equal(seen.features, Means()(pixels)) and np.array_equal(seen.in_domain, Means()(pixels))
    assert np.array_equal(seen.counts, bins.counts(pixels.reshape(len(pixels), -1))) and seen.counts.sum() == len(pixels)
    assert np.array_equal(seen.first, pixels[:9])


def test_known_features_are_not_computed_again():
    images = image_set()
    pixels, known = of_split(images, "train")[0], np.ones((40, 3), np.float32)
    bins = pixel_bins(images, images.indices("train"), Settings(bins=4))
    seen = seen_by(Observer(Means(), None, bins), pixels, known)
    assert seen.features is known and seen.in_domain is None and seen.counts.sum() == len(pixels)


def test_rows_are_kept_in_a_file_instead_of_memory():
    rows = Rows(3)
    rows.append(np.array([[1.0, 2.0]], np.float32))
    rows.append(np.array([[3.0, 4.0], [5.0, 6.0]], np.float32))
    assert isinstance(rows.array(), np.memmap) and rows.array().tolist() == [[1, 2], [3, 4], [5, 6]]


def test_images_of_a_set_are_read_in_order():
    images, chosen = image_set(), np.array([5, 3, 0])
    assert np.array_equal(np.concatenate(list(images_of(images, chosen))), images.images[chosen])


def test_large_images_are_binned_at_32_pixels_and_small_ones_as_they_are():
    assert flat(small(np.zeros((2, 64, 48, 3), np.uint8))).shape == (2, 32 * 24 * 3)
    pixels = image_set(channels=3).images
    assert np.array_equal(flat(small(pixels)), pixels.reshape(len(pixels), -1))

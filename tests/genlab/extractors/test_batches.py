"""Tests of features in batches."""

import numpy as np
import pytest
import scipy.special

from genlab.extractors.batches import in_batches, softmax


def sums(images):
    return images.sum((1, 2), dtype=np.float32)


@pytest.mark.parametrize("batch_size", [1, 3, 7, 100])
def test_batches_give_what_one_call_gives(batch_size):
    images = np.random.default_rng(0).integers(0, 256, (7, 4, 4, 3), np.uint8)
    sizes = []

    def compute(batch):
        sizes.append(len(batch))
        return sums(batch)

    assert (in_batches(compute, images, batch_size) == sums(images)).all()
    assert sum(sizes) == 7 and max(sizes) <= batch_size


def test_no_images_have_no_features():
    assert in_batches(sums, np.zeros((0, 4, 4, 3), np.uint8), 2).shape == (0, 3)


def test_softmax_equals_scipys_and_does_not_overflow():
    logits = np.random.default_rng(0).normal(0, 5, (4, 6))
    assert softmax(logits) == pytest.approx(scipy.special.softmax(logits, axis=1), abs=1e-6)
    assert softmax(np.array([[1000.0, 0.0], [-1000.0, -1000.0]])) == pytest.approx(np.array([[1, 0], [0.5, 0.5]]))
    assert softmax(np.zeros((0, 3))).shape == (0, 3)

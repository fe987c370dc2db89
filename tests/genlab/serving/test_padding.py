"""Tests of padding to a network's stride and of cropping."""

import numpy as np
import pytest

from genlab.serving.padding import crop, pad, padded_side


def test_a_multiple_is_returned_unchanged():
    images = np.random.default_rng(0).random((2, 3, 8, 12))
    assert pad(images, 4) is images and pad(images, 4, smallest=8) is images


@pytest.mark.parametrize("size", [(1, 1), (1, 5), (2, 3), (7, 64), (31, 33), (63, 65)])
@pytest.mark.parametrize("multiple", [1, 4, 64])
def test_reflection_equals_numpys_even_if_wider_than_the_image(size, multiple):
    images = np.random.default_rng(0).random((2, 3, *size), np.float32)
    missing = [(0, -side % multiple) for side in size]
    padded = pad(images, multiple)
    assert np.array_equal(padded, np.pad(images, [(0, 0), (0, 0), *missing], mode="reflect"))
    assert np.array_equal(crop(padded, *size), images)


def test_a_side_below_the_smallest_grows_to_it():
    assert pad(np.zeros((1, 3, 4, 20)), 4, smallest=8).shape == (1, 3, 8, 20)
    assert [padded_side(side, 4, smallest) for side, smallest in [(1, 1), (4, 1), (5, 1), (5, 16), (5, 15)]] == [4, 4, 8, 16, 16]

"""Moments of many images against numpy's, to the last digit."""

import numpy as np

from genlab.images.checking import moments as module
from genlab.images.checking.moments import moments


def test_moments_equal_those_of_numpy_to_the_last_digit(monkeypatch):
    random = np.random.default_rng(0)
    shapes = [(1, 1), (1, 7), (13, 5), (5, 13), (64, 64), (90, 80)]
    images = [random.integers(0, 256, (*shapes[number % 6], 3), dtype=np.uint8) for number in range(60)]
    images[7][:] = images[7][0, 0]
    expected = [(each.mean(), each.var(axis=(0, 1)).mean() ** 0.5, each.min(), each.max()) for each in images]
    assert moments(images) == expected
    monkeypatch.setattr(module, "CACHED", 100)
    monkeypatch.setattr(module, "TOGETHER", 50_000)
    assert moments(images) == expected


def test_no_last_digit_differs_in_two_thousand_images():
    images = list(np.random.default_rng(1).integers(0, 256, (2000, 4, 4, 3), dtype=np.uint8))
    assert [each.std for each in moments(images)] == [image.var(axis=(0, 1)).mean() ** 0.5 for image in images]


def test_no_image_has_no_moments():
    assert moments([]) == []

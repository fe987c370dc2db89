"""Tests of the share of memorised training images."""

import numpy as np
import pytest

from genlab.errors import InputError
from genlab.metrics import blocks
from genlab.metrics.memorisation import memorised_share


def gaussian(seed, count=150, size=24):
    return np.random.default_rng(seed).normal(size=(count, size)).astype(np.float32)


def test_copies_are_memorised_and_new_draws_are_not(monkeypatch):
    training = gaussian(0)
    assert memorised_share(training, training) == 1
    assert memorised_share(training + 0.01 * gaussian(1), training) == 1
    assert memorised_share(gaussian(2), training) == 0
    mixed = np.concatenate([training[:30], gaussian(2, 70)])
    monkeypatch.setattr(blocks, "BLOCK", 11)
    assert memorised_share(mixed[::-1], training[::-1]) == 0.3


def test_the_ratio_is_that_of_the_two_nearest():
    training = np.array([[0.0], [4.0], [100.0]])
    assert memorised_share(np.array([[1.0]]), training) == 1  # 1 : 3
    assert memorised_share(np.array([[1.01]]), training) == 0
    assert memorised_share(np.array([[1.01]]), training, ratio=0.5) == 1


def test_a_copy_of_an_image_that_is_twice_in_the_training_set_is_memorised():
    training = np.concatenate([gaussian(0), gaussian(0)])
    assert memorised_share(gaussian(0), training) == 1


def test_too_few_images_are_clear_errors():
    with pytest.raises(InputError, match="got 1 training image, expected at least 2"):
        memorised_share(gaussian(0), gaussian(1, 1))
    with pytest.raises(InputError, match="got 0 generated images, expected at least 1"):
        memorised_share(gaussian(0, 0), gaussian(1))

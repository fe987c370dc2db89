"""Stacked digits and the classifier that counts their modes."""

import numpy as np
import torch
from sklearn.datasets import load_digits

from genlab.densities.stacked_digits import StackedDigits
from genlab.metrics.modes import from_uniform

DIGITS = StackedDigits()


def test_channels_are_digits_of_scikit_learn():
    points = DIGITS.sample(50, torch.Generator().manual_seed(0))
    assert points.shape == (50, 192) and points.min() == -1 and points.max() == 1
    known = {row.tobytes() for row in load_digits().data[::2]}
    levels = np.rint((points.reshape(-1, 64).numpy() + 1) * 8)
    assert all(row.tobytes() in known for row in levels)


def test_modes_are_the_numbers_that_the_digits_spell():
    images, labels, _, _ = DIGITS.data
    chosen = [int(torch.nonzero(labels == digit)[0]) for digit in (4, 0, 7)]
    assert DIGITS.mode_of(images[chosen].flatten()[None]).tolist() == [407]


def test_the_classifier_is_right_for_98_percent_of_digits_it_has_not_seen():
    assert DIGITS.accuracy > 0.98


def test_true_samples_have_almost_all_modes():
    modes = DIGITS.mode_of(DIGITS.sample(5000, torch.Generator().manual_seed(1)))
    counts = torch.bincount(modes, minlength=1000)
    assert (counts > 0).sum() > 960  # 1,000 (1 - exp(-5)) = 993 with equal shares and a perfect classifier
    assert from_uniform(counts) < 0.2

"""Tests of damage by the choice of images."""

import numpy as np
import pytest

from genlab.damage.choice import collapsed, memorised, without_classes
from genlab.errors import InputError

LABELS = np.arange(200) % 5


def test_a_collapsed_sample_repeats_few_images_equally_often():
    indices = np.arange(100, 150)
    counts = np.unique(collapsed(indices, 8), return_counts=True)[1]
    assert len(counts) == 8 and counts.sum() == 50 and counts.max() - counts.min() <= 1
    assert set(collapsed(indices, 8)) <= set(indices)
    assert sorted(collapsed(indices, 50)) == list(indices)


def test_dropped_classes_are_replaced_by_other_images_of_the_kept_ones():
    indices, spare = np.arange(50), np.arange(50, 200)
    found = without_classes(indices, LABELS, 2, spare)
    assert len(np.unique(found)) == 50 and set(LABELS[found]) == {0, 1, 2}
    assert set(indices[LABELS[indices] < 3]) <= set(found)


def test_a_share_of_the_sample_is_memorised():
    found = memorised(np.arange(40), np.arange(100, 160), 0.25)
    assert (found >= 100).sum() == 10 and len(np.unique(found)) == 40


def test_damage_that_is_impossible_is_a_clear_error():
    with pytest.raises(InputError, match="got 0 modes of 40 images"):
        collapsed(np.arange(40), 0)
    with pytest.raises(InputError, match="got 4 spare images of 1 classes, expected at least 32"):
        without_classes(np.arange(40), LABELS, 4, np.arange(40, 60))
    with pytest.raises(InputError, match="got 9 training images, expected at least 10"):
        memorised(np.arange(40), np.arange(9), 0.25)

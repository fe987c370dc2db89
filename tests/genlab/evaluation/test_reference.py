"""The real images that samples are scored against."""

import hashlib

import numpy as np
import pytest
from stand_ins import Means, image_set, of_split, reference

from genlab.errors import InputError


def test_all_images_are_the_reference_by_default():
    images = image_set(training=40, held_out=20)
    found, (real, numbers) = reference(images), of_split(images, "test")
    assert np.array_equal(found.features, Means()(real)) and np.array_equal(found.labels, numbers)
    assert np.array_equal(found.training, Means()(of_split(images, "train")[0]))
    assert found.sha256() == hashlib.sha256(real.tobytes()).hexdigest()


def test_fewer_images_are_evenly_spaced_and_have_another_hash():
    images = image_set(training=40, held_out=20)
    few, every = reference(images, held_out=5, training=10), reference(images)
    assert (len(few.test), len(few.train)) == (5, 10) and len(few.features) == len(few.labels) == 5
    assert few.test[0] == every.test[0] and few.test[-1] == every.test[-1] and np.ptp(np.diff(few.test)) <= 1
    assert few.sha256() != every.sha256()


@pytest.mark.parametrize(("training", "held_out", "message"), [(8, 1, "holds out 1 images"), (1, 8, "has 1 training images")])
def test_too_few_images_are_an_error_with_a_remedy(training, held_out, message):
    with pytest.raises(InputError, match=f"'ramps' {message}; scoring needs at least 2. Add images"):
        reference(image_set(training, held_out))

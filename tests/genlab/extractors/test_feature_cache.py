"""Tests of the cache of features of image sets."""

import hashlib
import tracemalloc

import numpy as np
import pandas as pd
import pytest

from genlab.extractors.feature_cache import CachedFeatures, key_of
from genlab.images.prepared_set import PreparedSet


def image_set(count=7, seed=0, side=4):
    images = np.random.default_rng(seed).integers(0, 256, (count, side, side, 1), np.uint8)
    manifest = pd.DataFrame({"path": [f"{index}.png" for index in range(count)], "split": "train"})
    return PreparedSet("noise", "unlabelled", images, manifest, (), hashlib.sha256(images).hexdigest(), (0, 0, 0))


def flat(images):
    return images.reshape(len(images), -1) / np.float32(255)


def cached_features(*described):
    return CachedFeatures.of(*described).features()


def refuse(images):
    raise AssertionError("computed again")


@pytest.mark.parametrize("batch_size", [1, 3, 7, 20])
def test_features_are_in_the_given_order_whatever_the_batches(tmp_path, batch_size):
    images, chosen = image_set(), np.array([6, 0, 5, 1, 4])
    features = cached_features(tmp_path, images, chosen, "key", flat, batch_size)
    assert (features == flat(images.images[chosen])).all() and features.dtype == np.float32
    assert isinstance(features, np.memmap) and not features.flags.writeable
    assert (cached_features(tmp_path, images, chosen, "key", refuse, batch_size) == features).all()
    (file,) = (tmp_path / "features").iterdir()
    assert file.name.startswith(images.content_hash[:16]) and file.name.endswith("_key.npy") and (np.load(file) == features).all()


def test_another_set_another_selection_and_another_key_are_computed(tmp_path):
    every = np.arange(7)
    cached_features(tmp_path, image_set(), every, "key", flat, 2)
    for images, chosen, key in ((image_set(seed=1), every, "key"), (image_set(), every[:3], "key"), (image_set(), every, "other")):
        with pytest.raises(AssertionError, match="computed again"):
            cached_features(tmp_path, images, chosen, key, refuse, 2)


def test_a_computation_that_fails_half_way_leaves_no_file(tmp_path):
    calls = []

    def failing(images):
        calls.append(1)
        if len(calls) == 3:
            raise RuntimeError("no memory")
        return flat(images)

    with pytest.raises(RuntimeError, match="no memory"):
        cached_features(tmp_path, image_set(), np.arange(7), "key", failing, 2)
    assert list((tmp_path / "features").iterdir()) == []


def test_memory_does_not_grow_with_the_number_of_images(tmp_path):
    def wide(images):
        return np.zeros((len(images), 1000), np.float32)

    peaks = []
    for count in (100, 1000):
        images = image_set(count)
        tracemalloc.start()
        cached_features(tmp_path, images, np.arange(count), "key", wide, 10)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 200_000  # 4 MB of features would be 3.6 MB more


def test_the_key_depends_on_weights_code_and_settings(tmp_path):
    code, other = tmp_path / "code.py", tmp_path / "other.py"
    code.write_text("1")
    other.write_text("2")
    keys = [
        key_of("a", [str(code)], [1, 2]),
        key_of("b", [str(code)], [1, 2]),
        key_of("a", [str(other)], [1, 2]),
        key_of("a", [str(code)], [1, 3]),
    ]
    assert len(set(keys)) == 4 and key_of("a", [str(code)], [1, 2]) == keys[0]

"""Tests of pixels as features."""

import hashlib

import numpy as np
import pandas as pd
import pytest

from genlab.errors import InputError
from genlab.extractors.contract import Classifies, Extractor, Staged
from genlab.extractors.pixels import Pixels
from genlab.images.prepared_set import PreparedSet

RANDOM = np.random.default_rng(0)


def test_features_are_the_pixels_in_the_order_of_the_array(tmp_path):
    images = RANDOM.integers(0, 256, (300, 3, 5, 2), np.uint8)  # more than a batch
    features = Pixels(tmp_path)(images)
    assert features.shape == (300, 30) and features.dtype == np.float32
    assert features == pytest.approx(images.reshape(300, -1) / 255)


def test_a_side_that_divides_the_size_takes_means_of_blocks(tmp_path):
    images = RANDOM.integers(0, 256, (4, 12, 8, 3), np.uint8)
    blocks = images.reshape(4, 4, 3, 4, 2, 3).mean((2, 4)) / 255
    assert Pixels(tmp_path, side=4)(images) == pytest.approx(blocks.reshape(4, -1), abs=1e-6)


def test_pixels_of_a_fractional_size_are_weighted_by_the_covered_area(tmp_path):
    """Enlarging by 2 without interpolation makes 3 -> 2 pixels the same as 6 -> 2, which takes means of blocks."""
    images = RANDOM.integers(0, 256, (5, 3, 3, 1), np.uint8)
    large = images.repeat(2, 1).repeat(2, 2)
    blocks = large.reshape(5, 2, 3, 2, 3, 1).mean((2, 4)) / 255
    assert Pixels(tmp_path, side=2)(images) == pytest.approx(blocks.reshape(5, -1), abs=1e-6)


def test_the_mean_of_an_image_does_not_change(tmp_path):
    images = RANDOM.integers(0, 256, (3, 17, 13, 1), np.uint8)
    assert Pixels(tmp_path, side=5)(images).mean(1) == pytest.approx(images.mean((1, 2, 3)) / 255, abs=1e-6)


def test_features_of_a_set_are_cached(tmp_path):
    images = RANDOM.integers(0, 256, (6, 4, 4, 1), np.uint8)
    manifest = pd.DataFrame({"path": [f"{index}.png" for index in range(6)], "split": "train"})
    made = PreparedSet("noise", "unlabelled", images, manifest, (), hashlib.sha256(images).hexdigest(), (0, 0, 0))
    extractor = Pixels(tmp_path)
    assert (extractor.of_set(made, np.arange(len(made.images))) == extractor(images)).all()
    Pixels(tmp_path, side=2).of_set(made, np.arange(len(made.images)))
    assert len(list((tmp_path / "features").iterdir())) == 2  # one for each side


def test_the_hash_and_the_resizing_depend_on_the_side():
    assert Pixels(side=4).sha256 != Pixels(side=5).sha256 != Pixels().sha256
    assert Pixels(side=4).sha256 == Pixels(side=4).sha256
    assert Pixels(side=4).resize == "mean over areas, 4 px" and Pixels().resize == "none"


def test_it_has_features_only():
    extractor = Pixels()
    assert isinstance(extractor, Extractor) and not isinstance(extractor, Staged) and not isinstance(extractor, Classifies)


def test_unusable_sides_are_refused():
    with pytest.raises(InputError, match="got side 0, expected at least 1"):
        Pixels(side=0)
    with pytest.raises(InputError, match="got images of 8 x 6 px, expected at least 7 x 7"):
        Pixels(side=7)(np.zeros((1, 8, 6, 1), np.uint8))

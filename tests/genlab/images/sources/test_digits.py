"""scikit-learn's digits as an image set: their 17 levels are preserved, and every class is split evenly."""

import hashlib
from collections import Counter

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from conftest import ROOT
from sklearn.datasets import load_digits

from genlab.build import build
from genlab.images.checking.splits import assign_splits
from genlab.images.levels import level_of
from genlab.images.sources.digits import LEVELS

DECLARED = yaml.safe_load((ROOT / "conf/base/parameters/images.yml").read_text(encoding="utf-8"))["images"]["digits"]


@pytest.fixture(scope="module")
def items():
    return list(build(DECLARED["source"]).items())


@pytest.fixture(scope="module")
def images(items):
    return np.stack([item.read() for item in items])


def test_images_are_the_test_part_of_ucis_digits(items, images):
    assert images.shape == (1797, 8, 8) and images.dtype == np.uint8
    counts = [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]  # of the digits 0 to 9, from UCI's page
    assert Counter(item.label for item in items) == {str(digit): count for digit, count in enumerate(counts)}
    assert len({item.stem for item in items}) == len({item.path for item in items}) == 1797
    levels = np.rint(images / 255 * 16).astype(np.uint8)
    assert levels[0, 0].tolist() == [0, 0, 5, 13, 9, 1, 0, 0] and items[0].label == "0"
    # DVC tracks them only through genlab/images/sources/digits.py; this hash detects a change in scikit-learn.
    assert hashlib.sha256(images.tobytes()).hexdigest().startswith("b41ca9fd335466ee")


def test_every_level_comes_back_from_the_prepared_pixels(images):
    prepared = torch.from_numpy(images).float() / 127.5 - 1  # as recipes receive them
    assert np.array_equal(level_of(prepared, LEVELS).numpy(), load_digits().images)


def test_no_image_occurs_twice(images):
    assert len({image.tobytes() for image in images}) == 1797


def test_the_declared_seed_holds_out_a_fifth_of_every_class(items, images):
    rows = pd.DataFrame({"stem": [item.stem for item in items], "domain": "", "split": "", "label": [item.label for item in items]})
    split = assign_splits(rows, DECLARED["kind"], DECLARED["test"], DECLARED["seed"])["split"]
    held_out = (split == "test").to_numpy()
    assert held_out.sum() == 359
    counts = rows["label"][held_out].value_counts()
    assert len(counts) == 10 and counts.min() == 33 and counts.max() == 39
    levels = images.reshape(-1, 64) / 255 * 16
    apart = np.sqrt(((levels[held_out][:, None] - levels[~held_out]) ** 2).mean(2))
    assert 0.95 < apart.min() < 1.05  # one level per pixel (root mean square), as stated in images.yml

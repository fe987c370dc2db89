"""Tests of prepared sets on disk: damage is detected, and a failed save changes nothing."""

import json
import shutil
from collections import namedtuple

import numpy as np
import pytest
from stand_ins import image_set

from genlab.engine.files import DiskFullError
from genlab.errors import InputError
from genlab.images.prepared_set import PreparedSet

Usage = namedtuple("Usage", "total used free")


def contents(folder):
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_a_saved_set_equals_the_loaded_one_and_equal_sets_give_equal_bytes(tmp_path):
    images = image_set()
    images.save(tmp_path / "a")
    images.save(tmp_path / "b")
    loaded = PreparedSet.load(tmp_path / "a")
    assert np.array_equal(loaded.images, images.images) and loaded.manifest.equals(images.manifest)
    assert contents(tmp_path / "a") == contents(tmp_path / "b") and set(contents(tmp_path / "a")) == {
        "images.npy",
        "manifest.parquet",
        "set.json",
    }


@pytest.mark.parametrize("place", [128, 500, -1])
def test_a_flipped_byte_of_the_images_is_detected(tmp_path, place):
    image_set().save(tmp_path)
    file = tmp_path / "images.npy"
    content = bytearray(file.read_bytes())
    content[place] ^= 1
    file.write_bytes(content)
    with pytest.raises(InputError, match=r"images\.npy is damaged: its sha256 is not .* Run the set's data preparation again"):
        PreparedSet.load(tmp_path)


def test_a_set_of_an_earlier_version_has_no_checksums_and_can_be_loaded(tmp_path):
    image_set().save(tmp_path)
    described = json.loads((tmp_path / "set.json").read_text())
    del described["sha256"]
    (tmp_path / "set.json").write_text(json.dumps(described))
    assert len(PreparedSet.load(tmp_path).images) == 60


def test_a_full_disk_leaves_the_former_set(tmp_path, monkeypatch):
    image_set().save(tmp_path)
    before = contents(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda folder: Usage(10, 5, 5))
        with pytest.raises(DiskFullError, match=r"set\.json cannot be written to .* are needed, 5 are free"):
            image_set(training=30).save(tmp_path)
    assert contents(tmp_path) == before

    def fail(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", fail)
    with pytest.raises(DiskFullError, match="The disk is full"):
        image_set(training=30).save(tmp_path)
    assert contents(tmp_path) == before

"""Image sets of two domains: two folders, CycleGAN's folders, and side-by-side images."""

import pytest
from image_files import facts, write

from genlab.errors import InputError
from genlab.images.sources import SideBySide, TrainTestDomains, TwoFolders


def test_two_folders_give_two_domains(tmp_path):
    write(tmp_path, "photo/1.png", "paint/2.png", "other/3.png")
    assert facts(TwoFolders(str(tmp_path), "photo", "paint")) == [
        ("photo/1.png", "1", "a", "", "", ""),
        ("paint/2.png", "2", "b", "", "", ""),
    ]


def test_nested_domains_are_refused():
    with pytest.raises(InputError, match="neither inside the other"):
        TwoFolders("x", "photo", "photo/paint")


def test_cyclegan_folders_give_domain_and_split(tmp_path):
    write(tmp_path, "trainA/1.png", "trainB/1.png", "testA/1.png", "testB/2.png")
    found = {(item.stem, item.domain, item.split) for item in TrainTestDomains(str(tmp_path)).items()}
    assert found == {("train/1", "a", "train"), ("train/1", "b", "train"), ("test/1", "a", "test"), ("test/2", "b", "test")}


def test_side_by_side_halves_are_two_domains(tmp_path):
    write(tmp_path, "train/1.png", "val/1.png", "more/1.png")
    found = {item.path: (item.domain, item.split, item.stem) for item in SideBySide(str(tmp_path), a="right").items()}
    assert found == {
        "more/1.png#right": ("a", "", "more/1"),
        "more/1.png#left": ("b", "", "more/1"),
        "train/1.png#right": ("a", "train", "train/1"),
        "train/1.png#left": ("b", "train", "train/1"),
        "val/1.png#right": ("a", "test", "val/1"),
        "val/1.png#left": ("b", "test", "val/1"),
    }

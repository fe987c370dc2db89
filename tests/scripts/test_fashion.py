"""Tests of scripts/fashion.py and of the sample of Fashion-MNIST that it has made."""

import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import yaml
from conftest import ROOT

from genlab.build import build
from genlab.errors import InputError
from genlab.images.sources.idx import decode_idx, encode_idx
from scripts import fashion
from scripts.fashion import balanced, make_sample

SAMPLE = ROOT / "data" / "01_raw" / "fashion"
NAMES = ["train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"]


@pytest.fixture(scope="module")
def sample():
    """Split -> (images (N, 32, 32), labels), read by the image set that conf/ declares."""
    declared = yaml.safe_load((ROOT / "conf/base/parameters/images.yml").read_text(encoding="utf-8"))["images"]["fashion"]["source"]
    items = list(build(declared | {"root": str(ROOT / declared["root"])}).items())
    parts = {split: [item for item in items if item.split == split] for split in ("train", "test")}
    assert len(items) == sum(map(len, parts.values()))
    return {split: (np.stack([item.read() for item in part]), [item.label for item in part]) for split, part in parts.items()}


def test_the_embedded_sample_is_balanced_and_small(sample):
    for split, each in (("train", 400), ("test", 100)):
        images, labels = sample[split]
        assert images.shape == (10 * each, 32, 32) and images.dtype == np.uint8
        assert set(Counter(labels).values()) == {each} and len(set(labels)) == 10
        assert not images[:, :2].any() and not images[:, -2:].any() and not images[:, :, :2].any() and not images[:, :, -2:].any()
    assert {file.name for file in SAMPLE.iterdir()} == {*NAMES, "LICENSE"}
    assert sum((SAMPLE / name).stat().st_size for name in NAMES) < 2.2e6
    assert "Zalando SE" in (SAMPLE / "LICENSE").read_text(encoding="utf-8")


def test_no_picture_occurs_twice(sample):
    every = [image.tobytes() for images, _ in sample.values() for image in images]
    assert len(set(every)) == len(every) == 5000


def test_the_first_labels_are_the_well_known_ones(sample):
    """The first labels of each file are in its documentation and in many tutorials."""
    top, boot = "T-shirt/top", "Ankle boot"
    assert sample["train"][1][:10] == [boot, top, top, "Dress", top, "Pullover", "Sneaker", "Pullover", "Sandal", "Sandal"]
    assert sample["test"][1][:5] == [boot, "Pullover", "Trouser", "Trouser", "Shirt"]


def test_images_match_their_labels(sample):
    """The nearest class mean is correct for two thirds of the test images; chance would be correct for one tenth."""
    (images, labels), (test_images, test_labels) = sample["train"], sample["test"]
    names = sorted(set(labels))
    means = np.stack([images[np.array(labels) == name].mean(0) for name in names]).reshape(10, -1)
    distances = ((test_images.reshape(-1, 1, 1024) - means) ** 2).sum(2)
    assert np.mean([names[nearest] == label for nearest, label in zip(distances.argmin(1), test_labels, strict=True)]) > 0.6


@pytest.fixture
def source(tmp_path) -> Path:
    """Files like the original ones: 60 and 30 images of 28 x 28 px; the first pixel is the position in the file."""
    folder = tmp_path / "original"
    folder.mkdir()
    random = np.random.default_rng(0)
    for part, count in (("train", 60), ("t10k", 30)):
        images = random.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        images[:, 0, 0] = np.arange(count)
        labels = random.permutation(np.arange(count, dtype=np.uint8) % 10)
        (folder / f"{part}-images-idx3-ubyte.gz").write_bytes(encode_idx(images))
        (folder / f"{part}-labels-idx1-ubyte.gz").write_bytes(encode_idx(labels))
    return folder


def arrays(folder: Path, part: str) -> tuple[np.ndarray, np.ndarray]:
    names = f"{part}-images-idx3-ubyte.gz", f"{part}-labels-idx1-ubyte.gz"
    return tuple(decode_idx((folder / name).read_bytes(), folder / name, (1, 3)) for name in names)


def test_the_first_images_of_each_class_are_taken_in_their_order(source, tmp_path):
    make_sample(source, tmp_path / "out", {"train": 20, "test": 10})
    for part, each in (("train", 2), ("t10k", 1)):
        (images, labels), (all_images, all_labels) = arrays(tmp_path / "out", part), arrays(source, part)
        places = images[:, 0, 0].tolist()
        assert places == sorted(places)
        assert np.array_equal(images, all_images[places]) and np.array_equal(labels, all_labels[places])
        expected = sorted(place for label in range(10) for place in [at for at, each in enumerate(all_labels) if each == label][:each])
        assert places == expected


def test_a_sample_is_reproducible_and_a_complete_one_equals_the_source(source, tmp_path):
    make_sample(source, tmp_path / "once", {"train": 60, "test": 30})
    make_sample(source, tmp_path / "twice", {"train": 60, "test": 30})
    for name in NAMES:
        once, twice = (tmp_path / "once" / name).read_bytes(), (tmp_path / "twice" / name).read_bytes()
        assert once == twice == (source / name).read_bytes()


@pytest.mark.parametrize("count", [0, -10, 5, 15, 70])
def test_a_count_without_equal_shares_is_refused(count):
    with pytest.raises(InputError, match=f"--train is {count}; expected a multiple of 10 up to 60"):
        balanced(np.arange(65) % 10, count, "train")


def remove(source: Path) -> None:
    (source / NAMES[3]).unlink()


def cut(source: Path) -> None:
    (source / NAMES[0]).write_bytes((source / NAMES[0]).read_bytes()[:-20])


def swap(source: Path) -> None:
    (source / NAMES[0]).write_bytes((source / NAMES[1]).read_bytes())


def mix(source: Path) -> None:
    (source / NAMES[1]).write_bytes((source / NAMES[3]).read_bytes())


def letters(source: Path) -> None:
    (source / NAMES[1]).write_bytes(encode_idx(np.arange(60, dtype=np.uint8) % 27))


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (remove, r"Can't read .*t10k-labels-idx1-ubyte.gz: no such file or directory. --source is the folder that holds train-images"),
        (cut, r"Can't read .*train-images-idx3-ubyte.gz: .* Fetch it again"),
        (swap, r"train-images-idx3-ubyte.gz is no IDX file of bytes with 3 dimensions"),
        (mix, r"60 train images, but 30 labels"),
        (letters, r"label 26 among the train labels, expected 0 to 9: this is not Fashion-MNIST"),
    ],
)
def test_an_unusable_source_is_refused_and_nothing_is_written(source, tmp_path, damage, words):
    damage(source)
    with pytest.raises(InputError, match=words):
        make_sample(source, tmp_path / "out", {"train": 20, "test": 10})
    assert not (tmp_path / "out").exists()


def test_the_original_files_are_not_overwritten(source):
    with pytest.raises(InputError, match="would be overwritten"):
        make_sample(source, source / ".." / "original", {"train": 20, "test": 10})


def test_an_error_on_the_command_line_is_one_message(source, tmp_path, monkeypatch, capsys):
    (tmp_path / "file").touch()
    monkeypatch.setattr(sys, "argv", ["fashion", "--source", str(source), "--out", str(tmp_path / "file"), "--train=20", "--test=10"])
    with pytest.raises(SystemExit, match=r"^error: Can't write to .*file: file exists. Give another --out.$"):
        fashion.main()
    monkeypatch.setattr(sys, "argv", ["fashion", "--source", str(source), "--out", str(tmp_path / "out"), "--train=20", "--test=10"])
    fashion.main()
    assert capsys.readouterr().out.startswith("20 training and 10 test images in ")

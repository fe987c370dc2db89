"""Reading in one pass with a store: equal to reading without one, and only what has changed is decoded again."""

import os
import shutil
import tempfile
from collections import namedtuple
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from public_sets import cifar_10, hugging_face, lsun, mnist, web_dataset

from genlab.engine.files import DiskFullError
from genlab.images import parts, scan, store
from genlab.images.prepare import prepare_images
from genlab.images.prepared_set import PreparedSet
from genlab.images.read import read_images
from genlab.images.scan import Kept, Look
from genlab.images.sources import Cifar, FolderPerClass, HuggingFace, Layout, Lsun, Mnist, SideBySide, WebDataset
from genlab.images.sources.edges import Canny
from genlab.images.store import Store, settled

LOOK = Look((8, 8), 3)
Usage = namedtuple("Usage", "total used free")


def draw(file: Path, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (12, 12 + seed % 2 * 4, 3), dtype=np.uint8)
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(file)


@pytest.fixture
def root(tmp_path, monkeypatch) -> Path:
    monkeypatch.setattr(store, "YOUNG", 0)
    for number in range(24):
        draw(tmp_path / "set" / ("cats" if number % 3 else "dogs") / f"{number:02d}.png", number)
    return tmp_path / "set"


@pytest.fixture
def decoded(monkeypatch) -> list[str]:
    """Paths of the images that are decoded, in no order."""
    paths = []

    def describe(item, *arguments):
        paths.append(item.path)
        return original(item, *arguments)

    original = scan.describe
    monkeypatch.setattr(scan, "describe", describe)
    return paths


def opened(root: Path, **declaration) -> Store:
    return Store.open(root.parent / "store", {"size": 8, **declaration})


def read(root: Path, kept: Kept | None, layout: Layout | None = None, kind="labelled", look=LOOK):
    layout = layout or FolderPerClass(str(root))
    items, manifest = read_images(layout, kind, 0.25, 0, None, 2, kept=kept)
    sound = manifest[manifest["decode_error"] == ""].reset_index(drop=True)
    store_of = kept.store if kept else None
    return manifest, prepare_images(items, sound, "pets", kind, look.size, look.channels, workers=2, store=store_of)


def run(root: Path, verify=False, **declaration) -> tuple[pd.DataFrame, PreparedSet]:
    return read(root, Kept(opened(root, **declaration), LOOK, "pets", verify))


def check_equal(found: tuple[pd.DataFrame, PreparedSet], expected: tuple[pd.DataFrame, PreparedSet]) -> None:
    for one, other in zip((found[0], found[1].manifest), (expected[0], expected[1].manifest), strict=True):
        pd.testing.assert_frame_equal(one, other)
    assert np.array_equal(found[1].images, expected[1].images)
    assert found[1].content_hash == expected[1].content_hash


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("layout", [FolderPerClass, SideBySide, Canny])
def test_a_set_is_the_same_with_and_without_a_store(root, layout, channels):
    kind, look = "labelled" if layout is FolderPerClass else "paired", Look((8, 6), channels)
    (root / "cats" / "broken.png").write_bytes(b"no image")
    expected = read(root, None, layout(str(root)), kind, look)
    for _ in range(2):
        check_equal(read(root, Kept(opened(root), look), layout(str(root)), kind, look), expected)


def test_unchanged_images_are_neither_read_nor_decoded(root, decoded, monkeypatch, caplog):
    first = run(root)
    assert len(decoded) == 24
    decoded.clear()
    monkeypatch.setattr(scan, "load", lambda item: pytest.fail(f"{item.path} is read"))
    with caplog.at_level("INFO"):
        check_equal(run(root), first)
    assert not decoded
    assert "image set 'pets': unchanged: 24 images, listed in" in caplog.text


@pytest.mark.parametrize(
    ("fill", "kind_of_layout"), [(cifar_10, Cifar), (mnist, Mnist), (lsun, Lsun), (hugging_face, HuggingFace), (web_dataset, WebDataset)]
)
def test_unchanged_files_of_many_images_are_not_decoded(tmp_path, decoded, monkeypatch, fill, kind_of_layout):
    monkeypatch.setattr(store, "YOUNG", 0)
    fill(tmp_path / "set")
    layout, kept = kind_of_layout(str(tmp_path / "set")), lambda: Kept(opened(tmp_path / "set"), LOOK)
    first = read(tmp_path, kept(), layout)
    assert len(decoded) == len(first[0]) > 0
    decoded.clear()
    check_equal(read(tmp_path, kept(), layout), first)
    assert not decoded
    changed = min(file for file in (tmp_path / "set").rglob("*") if file.is_file() and file.stat().st_size > 1000)
    os.utime(changed)
    check_equal(read(tmp_path, kept(), layout), first)


def test_only_changed_and_new_images_are_decoded(root, decoded):
    run(root)
    decoded.clear()
    draw(root / "cats" / "01.png", 100)
    draw(root / "dogs" / "new.png", 101)
    (root / "cats" / "02.png").unlink()
    (root / "dogs" / "03.png").rename(root / "cats" / "03.png")
    found = run(root)
    assert sorted(decoded) == ["cats/01.png", "cats/03.png", "dogs/new.png"]
    check_equal(found, read(root, None))
    assert len(list((root.parent / "store").glob("*.npy"))) == 1


def test_a_touched_file_is_hashed_and_not_decoded(root, decoded, caplog):
    first = run(root)
    decoded.clear()
    os.utime(root / "cats" / "01.png", (1, 1))
    with caplog.at_level("INFO"):
        check_equal(run(root), first)
    assert not decoded
    assert "0 decoded, 1 unchanged by their SHA-256, 23 unchanged by size and time" in caplog.text


def test_other_content_of_the_same_size_and_time_is_noticed(root, decoded):
    file = root / "cats" / "01.png"
    Image.new("RGB", (12, 12), (1, 2, 3)).save(file, "BMP")
    run(root)
    before = file.stat()
    Image.new("RGB", (12, 12), (9, 9, 9)).save(file, "BMP")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (file.stat().st_size, file.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    check_equal(run(root), read(root, None))


def test_verify_reads_files_whose_state_is_known(root, decoded, monkeypatch):
    monkeypatch.setattr("genlab.images.sources.files.state_of", lambda path: "7 1 1")  # as on a disk that keeps no times
    run(root)
    decoded.clear()
    draw(root / "cats" / "01.png", 100)
    run(root)
    assert not decoded
    check_equal(run(root, verify=True), read(root, None))
    assert decoded == ["cats/01.png"]


def test_a_young_state_is_not_relied_on():
    assert settled("7 1000 1000", now=1000 + 2 * store.YOUNG) == "7 1000 1000"
    assert settled("7 1000 5000000000", now=5000000001) == ""
    assert settled("7 5000000000 1000", now=5000000001) == ""
    assert settled("") == ""


def test_another_declaration_or_other_code_decodes_everything_again(root, decoded, monkeypatch):
    run(root)
    run(root, background=[0, 0, 0])
    assert len(decoded) == 48
    monkeypatch.setattr(store, "code_of_reading", lambda: "other")
    run(root, background=[0, 0, 0])
    assert len(decoded) == 72


def test_images_read_before_an_interruption_are_not_decoded_again(root, decoded, monkeypatch):
    monkeypatch.setattr(parts, "PART", 4)
    original, calls = scan.PixelsFile.write, []

    def interrupted(self, place, images):
        calls.append(place)
        if len(calls) == 13:
            raise KeyboardInterrupt
        original(self, place, images)

    with monkeypatch.context() as patch:
        patch.setattr(scan.PixelsFile, "write", interrupted)
        with pytest.raises(KeyboardInterrupt):
            run(root)
    decoded.clear()
    check_equal(run(root), read(root, None))
    assert 0 < len(decoded) < 24


def test_a_full_disk_is_an_error_before_anything_is_written(root, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda folder: Usage(10, 5, 5))
        with pytest.raises(DiskFullError, match=f"{24 * 8 * 8 * 3:,} bytes are needed, 5 are free"):
            run(root)
    assert not (root.parent / "store").exists()


def test_pixels_are_written_once_and_shared_by_the_saved_set(root, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))  # nothing is written to TMPDIR
    _, images = run(root)
    images.save(tmp_path / "set of pets", share=True)
    (kept,) = (tmp_path / "store").glob("*.npy")
    saved = tmp_path / "set of pets" / "images.npy"
    assert os.path.samefile(kept, saved)
    images.save(tmp_path / "copy")
    assert (tmp_path / "copy" / "images.npy").read_bytes() == saved.read_bytes()
    assert (tmp_path / "copy" / "set.json").read_bytes() == (tmp_path / "set of pets" / "set.json").read_bytes()
    assert not os.path.samefile(kept, tmp_path / "copy" / "images.npy")


def test_saving_an_unchanged_set_again_keeps_its_files(root, tmp_path):
    run(root)[1].save(tmp_path / "saved", share=True)
    before = {file.name: file.read_bytes() for file in (tmp_path / "saved").iterdir()}
    run(root)[1].save(tmp_path / "saved", share=True)
    assert {file.name: file.read_bytes() for file in (tmp_path / "saved").iterdir()} == before
    assert PreparedSet.load(tmp_path / "saved").content_hash == read(root, None)[1].content_hash


def test_a_changed_set_replaces_the_saved_one_and_leaves_mapped_images_alone(root, tmp_path):
    run(root)[1].save(tmp_path / "saved", share=True)
    former = PreparedSet.load(tmp_path / "saved")
    pixels = np.array(former.images)
    draw(root / "cats" / "01.png", 100)
    run(root)[1].save(tmp_path / "saved", share=True)
    assert np.array_equal(former.images, pixels)
    assert np.array_equal(PreparedSet.load(tmp_path / "saved").images, read(root, None)[1].images)


def test_pixels_that_were_changed_in_place_are_made_again(root):
    first = run(root)
    expected = np.array(first[1].images)
    (file,) = (root.parent / "store").glob("*.npy")
    np.load(file, mmap_mode="r+")[:] = 0
    os.utime(file)
    assert np.array_equal(run(root)[1].images, expected)


@pytest.mark.parametrize("content", [b"", b"PAR1 and nothing else"])
def test_a_damaged_store_is_not_used(root, decoded, content, caplog):
    first = run(root)
    (root.parent / "store" / "rows.parquet").write_bytes(content)
    check_equal(run(root), first)
    assert len(decoded) == 48
    assert "rows.parquet can't be read" in caplog.text


def test_processes_give_the_same_set_as_threads(root, monkeypatch):
    monkeypatch.setattr(parts, "MANY", 10)
    monkeypatch.setattr(parts, "PART", 8)
    (root / "cats" / "broken.png").write_bytes(b"no image")
    check_equal(run(root), read(root, None))

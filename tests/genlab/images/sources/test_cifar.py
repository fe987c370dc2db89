"""CIFAR-10 and CIFAR-100 in both versions: pixels, labels, names and splits; files that are missing, truncated or of another set."""

import pickle
import tarfile
from pathlib import Path

import numpy as np
import pytest
from public_sets import CIFAR_10, COARSE, FINE, Pickle2, cifar_10, cifar_10_binary, cifar_100, cifar_100_binary, rows

from genlab.errors import InputError
from genlab.images.prepare import prepare_images
from genlab.images.read import read_images
from genlab.images.sources import Cifar


def pixels(layout: Cifar) -> np.ndarray:
    return np.stack([item.read() for item in layout.items()])


@pytest.mark.parametrize("write", [cifar_10, cifar_10_binary])
def test_cifar_10_has_its_pixels_names_and_splits(tmp_path, write):
    images = write(tmp_path, each=12)
    layout = Cifar(str(tmp_path))
    items = list(layout.items())
    assert np.array_equal(pixels(layout), images)
    assert [item.label for item in items] == [CIFAR_10[index % 10] for index in range(72)]
    assert [item.split for item in items] == ["train"] * 60 + ["test"] * 12
    extension = "" if write is cifar_10 else ".bin"
    assert items[17].path == f"data_batch_2{extension}#000005" and items[17].stem == "train/000017"
    assert items[60].path == f"test_batch{extension}#000000" and items[60].stem == "test/000000"
    assert layout.survey().passed_over == {}


def test_the_fixture_is_what_the_pickle_module_reads(tmp_path):
    images = cifar_10(tmp_path)
    batch = pickle.loads((tmp_path / "data_batch_1").read_bytes(), encoding="bytes")
    assert np.array_equal(batch[b"data"], rows(images[:12])) and batch[b"labels"][:3] == [0, 1, 2]


@pytest.mark.parametrize("write", [cifar_100, cifar_100_binary])
def test_cifar_100_has_two_kinds_of_labels(tmp_path, write):
    images = write(tmp_path)
    assert np.array_equal(pixels(Cifar(str(tmp_path))), images)
    assert [item.label for item in Cifar(str(tmp_path)).items()][:24] == [FINE[4 * index] for index in range(24)]
    assert [item.label for item in Cifar(str(tmp_path), "coarse").items()][:24] == [COARSE[index % 4] for index in range(24)]
    assert [item.split for item in Cifar(str(tmp_path)).items()] == ["train"] * 24 + ["test"] * 8


def test_both_versions_are_prepared_to_the_same_set(tmp_path):
    hashes = set()
    for write, name in ((cifar_10, "py"), (cifar_10_binary, "bin")):
        write(tmp_path / name)
        items, manifest = read_images(Cifar(str(tmp_path / name)), "labelled", 0.2, 0)
        hashes.add(prepare_images(items, manifest, "cifar", "labelled", (32, 32), 3).content_hash)
    assert len(hashes) == 1


def test_the_archive_of_the_publisher_and_the_folder_above_are_read(tmp_path):
    images = cifar_10(tmp_path / "data" / "cifar-10-batches-py")
    archive = tmp_path / "cifar-10-python.tar.gz"
    with tarfile.open(archive, "w:gz") as packed:
        packed.add(tmp_path / "data" / "cifar-10-batches-py", "cifar-10-batches-py")
    for root in (tmp_path / "data", archive):
        assert np.array_equal(pixels(Cifar(str(root))), images)
    cifar_100(tmp_path / "data" / "cifar-100-python")
    with pytest.raises(InputError, match=r"holds several: 'cifar-10-batches-py', 'cifar-100-python'. Name one of them in `root`"):
        list(Cifar(str(tmp_path / "data")).items())


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_batches_that_python_3_saved_again_are_read(tmp_path, protocol):
    images = cifar_10(tmp_path)
    for file in ("data_batch_1", "batches.meta"):
        content = pickle.loads((tmp_path / file).read_bytes(), encoding="bytes")
        (tmp_path / file).write_bytes(pickle.dumps(content, protocol))
    assert np.array_equal(pixels(Cifar(str(tmp_path))), images)
    assert next(Cifar(str(tmp_path)).items()).label == "airplane"


def cut(file: Path, size: int) -> None:
    file.write_bytes(file.read_bytes()[:-size])


def test_wrong_files_are_errors_that_name_file_and_expectation(tmp_path):
    (tmp_path / "nothing").mkdir()
    cifar_10(tmp_path / "py")
    cifar_10_binary(tmp_path / "bin")
    cut(tmp_path / "py" / "data_batch_4", 100)
    with pytest.raises(InputError, match=r"py/data_batch_4 is no complete pickle of Python \(.*\): it is truncated or damaged"):
        list(Cifar(str(tmp_path / "py")).items())
    (tmp_path / "py" / "data_batch_4").unlink()
    with pytest.raises(InputError, match=r"No file .*py/data_batch_4, which belongs to CIFAR-10; there is: batches.meta, data_batch_1"):
        list(Cifar(str(tmp_path / "py")).items())
    cut(tmp_path / "bin" / "test_batch.bin", 1)
    with pytest.raises(InputError, match=r"test_batch.bin has 36,875 bytes, expected a multiple of 3,073, one record"):
        list(Cifar(str(tmp_path / "bin")).items())
    with pytest.raises(InputError, match=r"No files of CIFAR-10 or CIFAR-100 in .*nothing: expected data_batch_1 and batches.meta"):
        list(Cifar(str(tmp_path / "nothing")).items())
    with pytest.raises(InputError, match="CIFAR-10 has no coarse labels, only fine ones"):
        list(Cifar(str(tmp_path / "bin"), "coarse").items())
    with pytest.raises(InputError, match="'fine' or 'coarse'; got 'all'"):
        Cifar("anywhere", "all")


@pytest.mark.parametrize(
    ("batch", "words"),
    [
        ({"labels": [0, 1], "data": np.zeros((3, 3072), np.uint8)}, r"2 labels and data of shape \(3, 3072\), expected 3,072 values"),
        ({"labels": [0], "data": np.zeros((1, 3000), np.uint8)}, r"data of shape \(1, 3000\)"),
        ({"labels": [10], "data": np.zeros((1, 3072), np.uint8)}, "has the label 10, expected 0 to 9"),
        ({"labels": ["cat"], "data": np.zeros((1, 3072), np.uint8)}, "no list of numbers where the labels belong"),
        ({"labels": [0], "data": [0]}, "no array of bytes where the images belong"),
        ({"labels": [0]}, "no array of bytes where the images belong"),
    ],
)
def test_a_batch_of_another_content_is_refused(tmp_path, batch, words):
    cifar_10(tmp_path)
    (tmp_path / "data_batch_1").write_bytes(Pickle2().dump(batch))
    with pytest.raises(InputError, match=rf"data_batch_1 .*{words}"):
        list(Cifar(str(tmp_path)).items())

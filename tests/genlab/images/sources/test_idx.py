"""IDX files: reading, writing, padding and damaged files."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from genlab.errors import InputError
from genlab.images.sources import Idx
from genlab.images.sources.idx import decode_idx, encode_idx


def write_idx(path: Path, array: np.ndarray) -> None:
    data = bytes([0, 0, 8, array.ndim]) + b"".join(side.to_bytes(4, "big") for side in array.shape) + array.tobytes()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)


def test_idx_files_read_back(tmp_path):
    images = np.arange(3 * 5 * 4, dtype=np.uint8).reshape(3, 5, 4)
    write_idx(tmp_path / "images.gz", images)
    write_idx(tmp_path / "labels", np.array([9, 0, 10], dtype=np.uint8))
    items = list(Idx(str(tmp_path), "images.gz", "labels").items())
    assert np.array_equal(np.stack([item.read() for item in items]), images)
    assert [item.label for item in items] == ["09", "00", "10"]  # sorted as text, they are sorted as numbers
    assert {item.split for item in items} == {""}
    write_idx(tmp_path / "test", images[:1])
    splits = [item.split for item in Idx(str(tmp_path), "images.gz", test_images="test").items()]
    assert splits == ["train", "train", "train", "test"]


def test_a_damaged_idx_file_is_an_error_that_describes_it(tmp_path):
    write_idx(tmp_path / "images", np.zeros((3, 5, 4), np.uint8))
    (tmp_path / "cut").write_bytes((tmp_path / "images").read_bytes()[:-1])
    write_idx(tmp_path / "labels", np.zeros(2, np.uint8))
    for arguments, words in [
        (("cut",), "59 bytes where its header says"),
        (("labels",), "no IDX file"),
        (("images", "labels"), "2 labels"),
    ]:
        with pytest.raises(InputError, match=words):
            list(Idx(str(tmp_path), *arguments).items())


def test_padding_adds_zeros_on_every_side_and_nothing_else(tmp_path):
    images = np.arange(1, 1 + 2 * 5 * 4, dtype=np.uint8).reshape(2, 5, 4)
    write_idx(tmp_path / "grey", images)
    write_idx(tmp_path / "colour", np.stack([images] * 3, -1))
    for name, depth in [("grey", ()), ("colour", (3,))]:
        for item, image in zip(Idx(str(tmp_path), name, pad=2).items(), images, strict=True):
            found = item.read()
            assert found.shape == (9, 8, *depth) and found.dtype == np.uint8
            channels = found.reshape(9, 8, -1)
            assert all(np.array_equal(channels[2:-2, 2:-2, channel], image) for channel in range(channels.shape[-1]))
            assert found.sum() == image.sum(dtype=int) * channels.shape[-1]  # the border is 0


def test_a_negative_padding_is_refused():
    with pytest.raises(InputError, match=r"`pad` is how many pixels to add on every side, 0 or more; got -1"):
        Idx("anywhere", "images", pad=-1)


@pytest.mark.parametrize("shape", [(7,), (3, 5, 4), (2, 5, 4, 3), (0, 28, 28)])
def test_an_array_written_as_idx_reads_back(shape):
    array = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    content = encode_idx(array)
    assert np.array_equal(decode_idx(content, Path("x"), (len(shape),)), array)
    assert content[:4] == b"\x1f\x8b\x08\x00" and content[4:8] == bytes(4)  # gzip header without file name and time (RFC 1952)
    with pytest.raises(TypeError, match="safe"):
        encode_idx(array.astype(np.int64))

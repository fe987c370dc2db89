"""WebDataset shards: samples, labels, splits, extensions to choose, and damaged or compressed shards."""

import gzip
import io
import tarfile

import numpy as np
import pytest
from public_sets import encoded, pictures, web_dataset

from genlab.errors import InputError
from genlab.images.decode import decode_item, load
from genlab.images.sources import WebDataset


def shard(path, **files: bytes):
    """A shard; `__` in a name is a slash, `_` a dot."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name.replace("__", "/").replace("_", "."))
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return str(path)


def test_samples_have_their_pixels_classes_and_splits(tmp_path):
    images = web_dataset(tmp_path)
    layout = WebDataset(str(tmp_path), names=["cat", "dog"])
    items = list(layout.items())
    found = np.stack([decode_item(item, load(item)) for item in items]).astype(int)
    assert np.abs(found - images).mean() < 3  # JPEG
    assert [item.label for item in items] == ["cat", "dog"] * 16
    assert [item.split for item in items] == ["train"] * 24 + ["test"] * 8
    assert items[17].path == "set-train-000001.tar#sample000017.jpg" and items[17].stem == "set-train-000001/sample000017"
    assert layout.survey().passed_over == {".json": 32}


def test_bytes_are_those_that_were_written(tmp_path):
    image = encoded(pictures(1)[0])
    root = shard(tmp_path / "a.tar", a__x_png=image, a__x_cls=b"7\n", a__y_png=image, b_txt=b"", _hidden=b"")
    first, second = WebDataset(root).items()
    assert (first.path, first.stem, first.label) == ("a.tar#a/x.png", "a/a/x", "7") and first.read() == image
    assert (second.path, second.label) == ("a.tar#a/y.png", "")
    assert WebDataset(root).survey().passed_over == {".txt": 1}


def test_labels_may_be_words_or_have_another_extension(tmp_path):
    root = shard(tmp_path / "a.tar", x_jpg=b"", x_cls=b"cat", x_txt=b"3", y_jpg=b"", y_cls=b"dog", y_txt=b"12")
    assert [item.label for item in WebDataset(root).items()] == ["cat", "dog"]
    assert [item.label for item in WebDataset(root, label="txt").items()] == ["03", "12"]


def test_a_sample_with_two_images_needs_the_name_of_one(tmp_path):
    root = shard(tmp_path / "a.tar", x_input_png=b"1", x_target_png=b"2")
    with pytest.raises(InputError, match=r"a.tar, sample x has several images: input.png, target.png. Name the extension"):
        list(WebDataset(root).items())
    assert [item.read() for item in WebDataset(root, image="target.png").items()] == [b"2"]


def test_wrong_shards_are_errors_that_name_them(tmp_path):
    root = shard(tmp_path / "000000.tar", x_jpg=bytes(5000), x_cls=b"1")
    whole = (tmp_path / "000000.tar").read_bytes()
    for kept in (0, 300, 3000, 6656):
        (tmp_path / "000000.tar").write_bytes(whole[:kept])
        with pytest.raises(InputError, match=r"Can't read the shard .*000000.tar: .*incomplete or damaged"):
            list(WebDataset(root).items())
    (tmp_path / "000000.tar").unlink()
    (tmp_path / "000000.tar.gz").write_bytes(gzip.compress(whole))
    with pytest.raises(InputError, match=r"No .tar shards in .*; '000000.tar.gz' is compressed: decompress it \(gunzip\)"):
        list(WebDataset(str(tmp_path)).items())
    with pytest.raises(InputError, match=r"x.cls is no label as text \(2,000 bytes\). Name another extension in `label`"):
        list(WebDataset(shard(tmp_path / "b.tar", x_jpg=b"", x_cls=bytes(2000))).items())
    with pytest.raises(InputError, match="Label 5 has no name: `names` holds 1"):
        list(WebDataset(shard(tmp_path / "c.tar", x_jpg=b"", x_cls=b"5"), names=["a"]).items())
    with tarfile.open(tmp_path / "d.tar", "w") as archive:
        for _ in range(2):
            archive.addfile(tarfile.TarInfo("x.jpg"))
    with pytest.raises(InputError, match=r"d.tar has two files 'x.jpg'"):
        list(WebDataset(str(tmp_path / "d.tar")).items())

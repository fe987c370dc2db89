"""Parquet and arrow files of Hugging Face: rows, classes, splits, columns to choose, groups of rows, and damaged files."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from public_sets import encoded, hugging_face, pictures

from genlab.errors import InputError
from genlab.images.decode import decode_item, load
from genlab.images.sources import HuggingFace
from genlab.images.sources.hugging_face import read_rows


def pixels(items) -> np.ndarray:
    return np.stack([decode_item(item, load(item)) for item in items])


@pytest.mark.parametrize("arrow", [False, True])
def test_rows_have_their_pixels_classes_and_splits(tmp_path, arrow):
    images = hugging_face(tmp_path, arrow)
    layout = HuggingFace(str(tmp_path))
    items = sorted(layout.items(), key=lambda item: (item.split != "train", item.path))
    assert np.array_equal(pixels(items), images)
    assert [item.label for item in items] == ["cat", "dog"] * 16
    assert [item.split for item in items] == ["train"] * 24 + ["test"] * 8
    place = "train/data-00001-of-00002" if arrow else "data/train-00001-of-00002"
    assert items[17].path == f"{place}{'.arrow' if arrow else '.parquet'}#000005" and items[17].stem == f"{place}/000005"
    assert layout.survey() == ({}, [])


def test_groups_of_rows_are_read_once_in_order_and_threads_find_the_same(tmp_path):
    images = hugging_face(tmp_path, group=4)
    items = sorted(HuggingFace(str(tmp_path)).items(), key=lambda item: (item.split != "train", item.path))
    read_rows.cache_clear()
    assert np.array_equal(pixels(items), images)
    assert read_rows.cache_info().misses == 8  # 3 + 3 + 2 groups
    with ThreadPoolExecutor(4) as threads:
        found = np.stack(list(threads.map(lambda item: np.asarray(decode_item(item, load(item))), items)))
    assert np.array_equal(found, images)


def test_one_file_is_a_set_without_split(tmp_path):
    hugging_face(tmp_path)
    layout = HuggingFace(str(tmp_path / "data" / "train-00000-of-00002.parquet"))
    assert [item.split for item in layout.items()] == [""] * 12
    assert "looks like a split, but there are no held-out files" in layout.survey().remarks[0]


def table(path, **columns) -> HuggingFace:
    """A file without the metadata of `datasets`."""
    path.parent.mkdir(exist_ok=True)
    pq.write_table(pa.table(columns), path)
    return HuggingFace(str(path))


def test_files_without_metadata_have_the_columns_that_are_named(tmp_path):
    cells = [{"bytes": encoded(image), "path": f"{index}.png"} for index, image in enumerate(pictures(12))]
    named = table(tmp_path / "a.parquet", img=cells, label=["x", "y"] * 6)
    assert [item.label for item in named.items()] == ["x", "y"] * 6
    numbered = table(tmp_path / "b.parquet", img=cells, label=[*range(10), -1, None])
    assert [item.label for item in numbered.items()] == [*map(str, range(10)), "", ""]
    plain = table(tmp_path / "c.parquet", png=[cell["bytes"] for cell in cells], kind=[0, 1] * 6)
    with pytest.raises(InputError, match=r"has no column of images, only png, kind. Name the one to use in `image`"):
        list(plain.items())
    chosen = HuggingFace(plain.root, image="png", label="kind", names=["zero", "one"])
    assert np.array_equal(pixels(chosen.items()), pictures(12)) and next(chosen.items()).label == "zero"
    unlabelled = table(tmp_path / "d.parquet", img=cells)
    assert {item.label for item in unlabelled.items()} == {""}


def test_ambiguous_or_unknown_columns_are_errors(tmp_path):
    cells = [{"bytes": b"", "path": ""}]
    both = table(tmp_path / "a.parquet", imageA=cells, imageB=cells)
    with pytest.raises(InputError, match=r"has several columns of images: imageA, imageB. Name the one to use in `image`"):
        list(both.items())
    with pytest.raises(InputError, match=r"a.parquet has no column 'picture'; it has: imageA, imageB"):
        list(HuggingFace(both.root, image="picture").items())
    described = '{"info": {"features": {"img": {"_type": "Image"}, "fine": {"_type": "ClassLabel"}, "coarse": {"_type": "ClassLabel"}}}}'
    schema = pa.schema({"img": pa.binary(), "fine": pa.int64(), "coarse": pa.int64()}, {"huggingface": described})
    pq.write_table(pa.table({"img": [b""], "fine": [3], "coarse": [1]}, schema), tmp_path / "b.parquet")
    with pytest.raises(InputError, match=r"has several columns of labels: fine, coarse. Name one in `label`"):
        list(HuggingFace(str(tmp_path / "b.parquet")).items())
    assert next(HuggingFace(str(tmp_path / "b.parquet"), label="fine").items()).label == "3"
    wrong = table(tmp_path / "c.parquet", img=cells, label=[0.5])
    with pytest.raises(InputError, match="the column 'label' has values that are neither numbers nor text"):
        list(wrong.items())


def test_a_row_without_bytes_is_an_item_that_cannot_be_read(tmp_path):
    layout = table(tmp_path / "a.parquet", img=[{"bytes": b"", "path": "x"}, {"bytes": None, "path": "/data/1.png"}])
    _, second = layout.items()
    with pytest.raises(FileNotFoundError, match=r"no bytes in this row, only the path /data/1.png"):
        second.read()


@pytest.mark.parametrize("arrow", [False, True])
def test_a_truncated_file_is_an_error_that_names_it(tmp_path, arrow):
    hugging_face(tmp_path, arrow)
    file = next(tmp_path.rglob("*train*/*.arrow" if arrow else "*train*.parquet"))
    whole = file.read_bytes()
    for kept in (len(whole) - 8, len(whole) // 2, 0):
        file.write_bytes(whole[:kept])
        with pytest.raises(InputError, match=rf"Can't read .*{file.name}: .*It is incomplete or damaged: fetch it again"):
            list(HuggingFace(str(tmp_path)).items())
    (tmp_path / "nothing").mkdir()
    with pytest.raises(InputError, match=r"No .parquet or .arrow files in .*nothing"):
        list(HuggingFace(str(tmp_path / "nothing")).items())

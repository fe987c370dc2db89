"""LSUN's databases: images, categories, splits, and databases that are truncated or of other names."""

import sys

import pytest
from image_files import facts
from public_sets import encoded, lsun, pictures

from genlab.errors import InputError
from genlab.images.decode import decode_item, load
from genlab.images.sources import Lsun
from genlab.images.sources.lsun import open_once


@pytest.fixture(autouse=True)
def closed():
    """Close the databases of a test."""
    yield
    open_once.cache_clear()


def test_databases_have_their_categories_and_splits(tmp_path):
    lsun(tmp_path)
    layout = Lsun(str(tmp_path))
    items = list(layout.items())
    assert [item.label for item in items] == ["bedroom"] * 16 + ["church_outdoor"] * 16
    assert [item.split for item in items] == (["train"] * 12 + ["test"] * 4) * 2
    assert items[1].path == f"bedroom_train_lmdb#{1001:040x}" and items[1].stem == f"bedroom_train/{1001:040x}"
    assert load(items[1]) == encoded(pictures(12, 64, 1, width=80)[1], "WEBP", quality=90)
    assert decode_item(items[1], load(items[1])).size == (80, 64)
    assert facts(layout) == facts(Lsun(str(tmp_path))) and layout.survey() == ({}, [])


def test_one_database_is_a_set_without_split(tmp_path):
    lsun(tmp_path, ["bedroom"])
    layout = Lsun(str(tmp_path / "bedroom_train_lmdb"))
    assert {(item.label, item.split) for item in layout.items()} == {("bedroom", "")}
    assert "'bedroom_train_lmdb' looks like a split" in layout.survey().remarks[0]


def test_a_truncated_database_is_an_error_and_does_not_end_the_process(tmp_path):
    lsun(tmp_path, ["bedroom"])
    file = tmp_path / "bedroom_train_lmdb" / "data.mdb"
    whole = file.read_bytes()
    for kept in (len(whole) // 2, 9000, 4096, 100, 0):
        open_once.cache_clear()
        file.write_bytes(whole[:kept])
        with pytest.raises(InputError, match=r"data.mdb.*(truncated|damaged). ?.*[Ff]etch it again"):
            list(Lsun(str(tmp_path)).items())


def test_missing_databases_and_a_missing_package_are_errors(tmp_path, monkeypatch):
    with pytest.raises(InputError, match=r"No LMDB database in .*: expected data.mdb in it, or in folders such as bedroom_train_lmdb"):
        list(Lsun(str(tmp_path)).items())
    lsun(tmp_path, ["bedroom"])
    monkeypatch.setitem(sys.modules, "lmdb", None)
    with pytest.raises(InputError, match=r"is read with the package lmdb. Install it: pip install 'genlab\[lsun\]'"):
        list(Lsun(str(tmp_path)).items())

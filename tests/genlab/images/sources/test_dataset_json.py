"""Archives and folders with a dataset.json: labels, one-hot vectors, no labels, and descriptions that do not fit."""

import json
import zipfile

import numpy as np
import pytest
from public_sets import ffhq, file_in

from genlab.errors import InputError
from genlab.images.decode import decode_item, load
from genlab.images.sources import DatasetJson


def test_a_zip_without_labels(tmp_path):
    images = ffhq(tmp_path / "ffhq64.zip")
    layout = DatasetJson(str(tmp_path / "ffhq64.zip"))
    items = list(layout.items())
    assert [item.path for item in items] == [f"00000/img{number:08d}.png" for number in range(30)]
    assert np.array_equal(np.stack([decode_item(item, load(item)) for item in items]), images)
    assert {(item.label, item.split) for item in items} == {("", "")}
    assert items[3].stem == "00000/img00000003" and layout.survey() == ({}, [])


def test_labels_are_numbers_names_or_one_hot_vectors(tmp_path):
    labels = [index % 11 for index in range(30)]
    ffhq(tmp_path / "set.zip", labels)
    root = str(tmp_path / "set.zip")
    assert [item.label for item in DatasetJson(root).items()] == [f"{label:02d}" for label in labels]
    names = [f"class {letter}" for letter in "abcdefghijk"]
    assert [item.label for item in DatasetJson(root, names).items()] == [names[label] for label in labels]
    with zipfile.ZipFile(tmp_path / "set.zip") as archive:
        archive.extractall(tmp_path / "set")
    rows = [[name, np.eye(11)[label].tolist()] for name, label in json.loads((tmp_path / "set" / "dataset.json").read_text())["labels"]]
    file_in(tmp_path / "set" / "dataset.json", json.dumps({"labels": rows}))
    assert [item.label for item in DatasetJson(str(tmp_path / "set")).items()] == [f"{label:02d}" for label in labels]


def test_images_without_a_label_and_labels_without_an_image_are_reported(tmp_path):
    file_in(tmp_path / "dataset.json", json.dumps({"labels": [["00000/img00000000.png", 0], ["00000/img00000001.png", 1]]}))
    file_in(tmp_path / "00000" / "img00000000.png", b"")
    file_in(tmp_path / "00000" / "img00000002.png", b"")
    items = {item.path: item for item in DatasetJson(str(tmp_path)).items()}
    assert {path: item.label for path, item in items.items()} == {
        "00000/img00000000.png": "0",
        "00000/img00000001.png": "1",
        "00000/img00000002.png": "",
    }
    with pytest.raises(FileNotFoundError):
        items["00000/img00000001.png"].read()


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", '{"labels": 3}', '{"labels": [["a.png"]]}', '{"labels": [["a.png", 0.5]]}', '{"labels": [["a.png", [1, 1]]]}'],
)
def test_another_description_is_an_error_that_names_the_file(tmp_path, text):
    file_in(tmp_path / "dataset.json", text)
    with pytest.raises(InputError, match=r"dataset.json is no description of dataset_tool.py: expected \{\"labels\""):
        list(DatasetJson(str(tmp_path)).items())


def test_a_missing_description_and_a_truncated_zip_are_errors(tmp_path):
    file_in(tmp_path / "folder" / "a.png", b"")
    with pytest.raises(InputError, match=r"No file .*dataset.json, which belongs to the set; there is: a.png"):
        list(DatasetJson(str(tmp_path / "folder")).items())
    ffhq(tmp_path / "ffhq.zip")
    (tmp_path / "ffhq.zip").write_bytes((tmp_path / "ffhq.zip").read_bytes()[:-50])
    with pytest.raises(InputError, match=r"Can't read the archive .*ffhq.zip: .*It is incomplete or damaged"):
        list(DatasetJson(str(tmp_path / "ffhq.zip")).items())
    ffhq(tmp_path / "few.zip", [5] * 30)
    with pytest.raises(InputError, match="Label 5 has no name: `names` holds 2"):
        list(DatasetJson(str(tmp_path / "few.zip"), ["a", "b"]).items())

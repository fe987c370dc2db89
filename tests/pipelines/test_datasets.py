"""Tests of datasets that are folders: which files are current, and what happens to the others."""

import hashlib
import json

import pytest
import torch
from kedro.io import DatasetError
from PIL import Image

from genlab.errors import InputError, root_cause
from pipelines.datasets import FileFolder, Picture, Pictures, Weights, Whole

BLACK, WHITE = (Image.new("RGB", (4, 4), colour) for colour in ("black", "white"))


def content(folder) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


def release(**files: bytes) -> dict[str, bytes]:
    """Files and a release.json that lists them."""
    named = {f"{name}.onnx": each for name, each in files.items()}
    hashes = {name: hashlib.sha256(each).hexdigest() for name, each in named.items()}
    return named | {"release.json": json.dumps({"sha256": hashes}).encode()}


@pytest.fixture
def pictures(tmp_path):
    return Pictures(str(tmp_path / "pictures"))


@pytest.fixture
def folder(tmp_path):
    return FileFolder(str(tmp_path / "release"), "release.json")


def test_pictures_are_saved_as_the_same_bytes_as_a_single_picture(pictures, tmp_path):
    pictures.save({"sheet": BLACK})
    Picture(str(tmp_path / "sheet.png")).save(BLACK)
    assert content(tmp_path / "pictures") == {"sheet.png": (tmp_path / "sheet.png").read_bytes()}  # and no other file


def test_pictures_of_earlier_saves_are_moved_and_files_of_the_user_stay(pictures, tmp_path):
    pictures.save({"old": BLACK, "kept": BLACK})
    old = (pictures.filepath / "old.png").read_bytes()
    mine = {"mine.png": old, "notes.txt": b"mine"}
    for name, each in mine.items():
        (pictures.filepath / name).write_bytes(each)
    pictures.save({"kept": WHITE, "new": BLACK})
    assert set(content(pictures.filepath)) == {"kept.png", "new.png", *mine}
    assert {name: content(pictures.filepath)[name] for name in mine} == mine
    assert content(tmp_path / "pictures.former") == {"1/old.png": old}
    assert {name: picture.getpixel((0, 0))[0] for name, picture in pictures.load().items()} == {"kept": 255, "new": 0}
    assert [file.name for file in pictures.files()] == ["kept.png", "new.png"]


def test_a_users_file_of_the_same_name_is_moved_and_not_overwritten(pictures, tmp_path):
    pictures.filepath.mkdir()
    (pictures.filepath / "sheet.png").write_bytes(b"mine")
    pictures.save({"sheet": BLACK})
    (pictures.filepath / "sheet.png").write_bytes(b"mine again")
    pictures.save({"sheet": WHITE})
    assert content(tmp_path / "pictures.former") == {"1/sheet.png": b"mine", "2/sheet.png": b"mine again"}


def test_a_users_folder_of_the_same_name_is_moved(pictures, folder, tmp_path):
    for dataset, name, data in ((pictures, "sheet.png", {"sheet": BLACK}), (folder, "a.onnx", release(a=b"1"))):
        (dataset.filepath / name).mkdir(parents=True)
        (dataset.filepath / name / "notes.txt").write_bytes(b"mine")
        dataset.save(data)
        assert dataset.load() and content(tmp_path / f"{dataset.filepath.name}.former") == {f"1/{name}/notes.txt": b"mine"}


def test_a_dataset_of_kedro_is_written_whole_or_not_at_all(tmp_path):
    dataset = Whole({"type": "json.JSONDataset", "save_args": {"indent": 2}}, str(tmp_path / "a" / "metrics.json"))
    assert not dataset.exists()
    dataset.save({"value": 1})
    assert dataset.load() == {"value": 1} and dataset.exists()
    with pytest.raises(DatasetError):
        dataset.save({"value": object()})
    assert dataset.load() == {"value": 1} and [file.name for file in (tmp_path / "a").iterdir()] == ["metrics.json"]


def test_weights_that_are_damaged_are_a_clear_error(tmp_path):
    weights = Weights(str(tmp_path / "checkpoint.safetensors"))
    weights.save({"a": torch.ones(3)})
    assert weights.load()["a"].tolist() == [1, 1, 1]
    for wrong in (b"text", b"", weights.filepath.read_bytes()[:-2]):
        weights.filepath.write_bytes(wrong)
        with pytest.raises(DatasetError) as caught:
            weights.load()
        assert isinstance(root_cause(caught.value), InputError)
        assert "checkpoint.safetensors is damaged, or is no safetensors file" in str(caught.value)


def test_saving_the_same_data_again_moves_nothing(pictures, folder, tmp_path):
    for _ in range(2):
        pictures.save({"sheet": BLACK})
        folder.save(release(a=b"1"))
    assert not list(tmp_path.glob("*.former"))


def test_a_folder_without_its_listing_is_loaded_completely(pictures):
    """DVC restores the folder without the listing, which is next to the folder."""
    pictures.save({"sheet": BLACK})
    pictures.listing.unlink()
    assert list(pictures.load()) == ["sheet"]


def test_a_release_is_what_its_release_json_lists(folder, tmp_path):
    first, second = release(a=b"1", b=b"2"), release(a=b"3")
    folder.save(first)
    (folder.filepath / "notes.txt").write_bytes(b"mine")
    assert folder.load() == first
    folder.save(second)
    assert folder.load() == second and list(folder.load()) == ["a.onnx", "release.json"]
    assert content(folder.filepath) == second | {"notes.txt": b"mine"}
    assert content(tmp_path / "release.former") == {"1/b.onnx": b"2"}
    assert {file.name for file in folder.files()} == set(second)


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda file: file.unlink(), r"a\.onnx is missing"),
        (lambda file: file.write_bytes(b"other"), r"a\.onnx has another sha256"),
        (lambda file: (file.parent / "release.json").write_text("{}"), r"release\.json is not a listing"),
        (lambda file: (file.parent / "release.json").unlink(), r"release\.json does not exist"),
    ],
)
def test_a_folder_that_disagrees_with_its_listing_is_not_loaded(folder, harm, message):
    """For example, a folder that an interrupted save has left."""
    folder.save(release(a=b"1"))
    harm(folder.filepath / "a.onnx")
    with pytest.raises(DatasetError) as caught:
        folder.load()
    with pytest.raises(InputError, match=message):
        raise root_cause(caught.value)


def test_an_interrupted_save_is_detected(folder, monkeypatch):
    folder.save(release(a=b"1", b=b"1"))
    written = []

    def stopped(file, data):
        if written:
            raise KeyboardInterrupt
        written.append(file)
        file.write_bytes(data)

    monkeypatch.setattr("pipelines.folders.write", stopped)
    with pytest.raises(KeyboardInterrupt):
        folder.save(release(a=b"2", b=b"2"))
    monkeypatch.undo()
    with pytest.raises(DatasetError, match=r"a\.onnx has another sha256"):
        folder.load()

"""Tests of genlab.fetching.sets: a set is there whole or not at all, and costs nothing the second time."""

import hashlib
import io
import os
import shutil
import subprocess
import sys
import zipfile
from collections import namedtuple

import pytest
from packages import tgz
from web import serving

from genlab.engine.files import DiskFullError, sha256
from genlab.errors import InputError
from genlab.fetching import sets as module
from genlab.fetching.contracts import Made
from genlab.fetching.record import read_record
from genlab.fetching.sets import DataSet, fetch, place_of
from genlab.fetching.url import Url
from genlab.images.sources import Folder

FILES = {"package/one.png": b"first", "package/two.png": b"second", "package/LICENSE": b"All is free.", "package/other": b"unused"}


@pytest.fixture
def made(tmp_path):
    """(declaration, folder of the set, folder of downloads) with the archive in place, as if it had been downloaded."""
    archive = tgz(tmp_path / "photos.tgz", FILES)
    download = Url("https://host.invalid/photos.tgz", sha256(archive))
    place_of(download, tmp_path / "downloads").parent.mkdir(parents=True)
    archive.rename(place_of(download, tmp_path / "downloads"))
    data_set = DataSet(
        "photos",
        {"photos": {"class": "genlab.fetching.Url", "url": download.url, "sha256": download.sha256}},
        {"class": "genlab.fetching.Extract", "paths": {"photos": ["package/one.png", "package/two.png"]}},
        "Free",
        "By nobody",
        ("photos:package/LICENSE", "MIT"),
    )
    return data_set, tmp_path / "raw" / "photos", tmp_path / "downloads"


def names(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_a_set_has_its_files_licence_and_record(made):
    data_set, folder, _ = made
    found = fetch(*made)
    assert found.new and found.folder == folder
    assert names(folder) == ["LICENSE", "fetched.json", "one.png", "two.png"]
    assert (folder / "one.png").read_bytes() == b"first"
    licence = (folder / "LICENSE").read_text()
    assert licence.startswith("Free\n\nBy nobody\n") and "All is free." in licence and "Permission is hereby granted" in licence
    assert found.record.declaration == data_set.declaration()
    assert names(folder.parent) == ["photos", *(f"photos/{name}" for name in names(folder))]  # nothing is left next to it


def test_the_hash_of_a_set_is_that_of_sha256sum(made):
    folder = fetch(*made).folder
    lines = "".join(f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in ("LICENSE", "one.png", "two.png"))
    assert read_record(folder).sha256 == hashlib.sha256(lines.encode()).hexdigest()


def test_the_second_time_nothing_is_read_or_downloaded(made, monkeypatch):
    first = fetch(*made)
    shutil.rmtree(made[2])
    monkeypatch.setattr(module, "build", None)
    before = {path: path.stat().st_mtime_ns for path in made[1].rglob("*")}
    again = fetch(*made)
    assert not again.new and again.record == first.record
    assert {path: path.stat().st_mtime_ns for path in made[1].rglob("*")} == before


def test_another_declaration_does_not_overwrite_a_set(made):
    data_set, folder, downloads = made
    fetch(*made)
    other = data_set._replace(make={"class": "genlab.fetching.Extract", "paths": {"photos": ["package/one.png"]}})
    with pytest.raises(InputError, match=r"make.paths.photos was \['package/one.png', 'package/two.png'\] and is \['package/one.png'\]"):
        fetch(other, folder, downloads)
    assert (folder / "two.png").exists()


def test_a_set_that_has_changed_is_refused(made):
    fetch(*made)
    (made[1] / "one.png").write_bytes(b"FIRST")  # of the same size
    assert not fetch(*made).new
    with pytest.raises(InputError, match=rf"one.png has the sha256 {hashlib.sha256(b'FIRST').hexdigest()} instead of"):
        fetch(*made, verify=True)
    (made[1] / "one.png").unlink()
    (made[1] / "two.png").write_bytes(b"")
    with pytest.raises(InputError, match=r"one.png is missing; two.png has 0 bytes instead of 6"):
        fetch(*made)


def test_a_folder_of_the_user_is_not_touched(made):
    made[1].mkdir(parents=True)
    (made[1] / "mine.png").write_bytes(b"mine")
    with pytest.raises(InputError, match="was not made by `fetch`"):
        fetch(*made)
    assert names(made[1]) == ["mine.png"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError("broken")])
def test_an_interrupted_conversion_leaves_nothing(made, monkeypatch, error):
    class Broken:
        def files(self, archives):
            return [Made("a/one.png", 1, lambda path: path.write_bytes(b"1")), Made("a/two.png", 1, self.fail)]

        def fail(self, path):
            raise error

    build = module.build
    monkeypatch.setattr(module, "build", lambda description, where: Broken() if where.endswith("make") else build(description, where))
    with pytest.raises((KeyboardInterrupt, OSError)):
        fetch(*made)
    assert names(made[1].parent) == []
    monkeypatch.undo()
    assert fetch(*made).new


def test_what_a_killed_process_left_is_removed(made):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    left, others = (made[1].with_name(f".photos.{pid}.part") for pid in (ended.pid, os.getppid()))
    for folder in (left, others):
        folder.mkdir(parents=True)
    fetch(*made)
    assert not left.exists() and others.exists()  # the other one is of a process that is still running


def test_a_full_disk_is_found_before_anything_is_written(made, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage(1, 1, 1000))
    with pytest.raises(DiskFullError, match=r"1,048,587 bytes are needed, 1,000 are free"):  # 1 MiB and the 11 bytes of the files
        fetch(*made)
    assert names(made[1].parent) == []
    data_set = made[0]._replace(downloads={"photos": {**made[0].downloads["photos"], "sha256": "0" * 64, "bytes": 5000}})
    with pytest.raises(DiskFullError, match=r"5,000 bytes are needed, 1,000 are free"):
        fetch(data_set, *made[1:])


def test_a_set_of_ones_own_is_an_archive_from_a_url(tmp_path):
    """Keep stores the archive, in which a layout finds its images."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("photos/a.png", b"a")
        archive.writestr("photos/b.png", b"b")
    content = buffer.getvalue()
    with serving(content) as web:
        description = {"class": "genlab.fetching.Url", "url": web.address, "sha256": hashlib.sha256(content).hexdigest()}
        folder = fetch(
            DataSet("mine", {"archive": description}, {"class": "genlab.fetching.Keep"}, "mine"), tmp_path / "mine", tmp_path / "downloads"
        ).folder
    kept = next((tmp_path / "downloads").rglob("photos.zip"))
    assert kept.samefile(folder / "photos.zip")  # no second copy
    assert [item.stem for item in Folder(str(folder / "photos.zip")).items()] == ["photos/a", "photos/b"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"licence_texts": ("photos:package/NONE",)}, "has no file package/NONE"),
        ({"licence_texts": ("MTI",)}, r"got 'MTI', expected one of Apache-2.0, .* Did you mean 'MIT'"),
        ({"make": {"class": "genlab.fetching.Extract", "paths": {"others": ["a"]}}}, "name the download 'others'; there is: photos"),
        ({"make": {"class": "genlab.fetching.Extract"}}, r"fetch.sets.photos.make: .* also needs paths"),
        ({"downloads": {"photos": {"class": "genlab.fetching.Url", "url": "https://host.invalid/photos.tgz"}}}, "sha256sum"),
    ],
)
def test_a_wrong_declaration_is_one_clear_error_and_leaves_nothing(made, changes, message):
    with pytest.raises(InputError, match=message):
        fetch(made[0]._replace(**changes), *made[1:])
    assert not made[1].parent.exists() or names(made[1].parent) == []

"""Tests of files that are written whole or not at all, on a full disk as well."""

import errno
import os
import shutil
import stat
import subprocess
import tempfile
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest
import torch

from genlab.engine.files import DiskFullError, mount_of, space_for, whole, write
from genlab.errors import InputError
from genlab.images.pixels_file import PixelsFile, mapped

Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def tiny():
    """A file system of 1 MB; tests that need one are skipped where it cannot be mounted."""
    with tempfile.TemporaryDirectory() as folder:
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True).returncode == 0
        if not mounted:
            pytest.skip("a small file system cannot be mounted without the right to do so")
        yield Path(folder)
        subprocess.run(["umount", folder], check=True)


def test_a_file_is_replaced_when_it_is_complete(tmp_path):
    file = tmp_path / "new" / "a.bin"
    write(file, b"first")
    with whole(file) as partial:
        partial.write_bytes(b"second")
        assert file.read_bytes() == b"first" and partial.suffix == ".bin"
    assert file.read_bytes() == b"second" and [each.name for each in file.parent.iterdir()] == ["a.bin"]


def test_an_error_leaves_the_former_file_and_no_partial_one(tmp_path):
    file = tmp_path / "a.bin"
    write(file, b"first")

    def fail():
        with whole(file) as partial:
            partial.write_bytes(b"half")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert file.read_bytes() == b"first" and list(tmp_path.iterdir()) == [file]


def test_partial_files_of_killed_processes_are_removed_and_those_of_running_ones_are_not(tmp_path):
    process = subprocess.Popen(["true"])
    process.wait()
    left, running = tmp_path / f"a.{process.pid}.part.bin", tmp_path / f"a.{os.getppid()}.part.bin"
    for file in (left, running):
        file.write_bytes(b"half")
    write(tmp_path / "a.bin", b"all")
    assert sorted(tmp_path.iterdir()) == sorted([running, tmp_path / "a.bin"])


def test_files_have_the_permissions_of_the_umask(tmp_path):
    before = os.umask(0o027)
    try:
        write(tmp_path / "a", b"")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


def test_a_folder_in_the_way_is_an_error_that_names_it(tmp_path):
    (tmp_path / "a").mkdir()
    with pytest.raises(InputError, match=r"a is a folder, but a file of this name must be written\. Move the folder away"):
        write(tmp_path / "a", b"")


def test_a_file_in_the_place_of_a_folder_and_a_lack_of_permission_are_errors_that_name_it(tmp_path, monkeypatch):
    (tmp_path / "a").write_bytes(b"mine")
    with pytest.raises(InputError, match=rf"a cannot be made or written to \(File exists: {tmp_path}/a\)"):
        write(tmp_path / "a" / "b", b"")
    with pytest.raises(InputError, match=r"a/b cannot be made or written to \(Not a directory: "):
        write(tmp_path / "a" / "b" / "c", b"")
    monkeypatch.setattr(os, "replace", lambda *given: (_ for _ in ()).throw(PermissionError(errno.EACCES, "Permission denied")))
    with pytest.raises(InputError, match=r"b cannot be written \(Permission denied\)\. Change the permissions of "):
        write(tmp_path / "b", b"")
    assert (tmp_path / "a").read_bytes() == b"mine" and not (tmp_path / "b").exists()


def test_the_space_is_checked_before_anything_is_written(tmp_path, monkeypatch):
    write(tmp_path / "a", b"first")
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: Usage(10, 5, 5))
    with pytest.raises(DiskFullError, match=rf"a cannot be written to {mount_of(tmp_path)} \(6 bytes are needed, 5 are free\)"):
        write(tmp_path / "a", b"second")
    assert (tmp_path / "a").read_bytes() == b"first"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_disk_that_fills_up_meanwhile_is_a_clear_error(tmp_path, number):
    with pytest.raises(DiskFullError, match=r"The disk is full: .*Make space there and run the same command again"), space_for(tmp_path, 0):
        raise OSError(number, os.strerror(number))
    with pytest.raises(PermissionError), space_for(tmp_path, 0):
        raise PermissionError(errno.EACCES, "not allowed")


def test_a_full_file_system(tiny):
    write(tiny / "a.pt", b"first")
    mount = str(tiny.resolve())
    assert str(mount_of(tiny / "a" / "b")) == mount
    with pytest.raises(DiskFullError, match=rf"a\.pt cannot be written to {mount} \(\d[\d,]* bytes are free\)"):
        write(tiny / "a.pt", lambda file: torch.save(torch.zeros(1_000_000), file))
    with pytest.raises(DiskFullError, match=r"2,000,000 bytes are needed"):
        write(tiny / "a.pt", bytes(2_000_000))
    sparse, images = tiny / "sparse.npy", np.ones((20, 100, 100, 10), np.uint8)
    with pytest.raises(DiskFullError), space_for(sparse, 0), PixelsFile(sparse, images.shape) as opened:
        opened.write(0, images)
    sparse.unlink()
    assert [file.name for file in tiny.iterdir()] == ["a.pt"] and (tiny / "a.pt").read_bytes() == b"first"


def test_space_that_is_not_written_is_zero(tmp_path):
    with PixelsFile(tmp_path / "a.npy", (3, 5, 5, 3)):
        pass
    assert mapped(tmp_path / "a.npy").tobytes() == bytes(3 * 5 * 5 * 3)

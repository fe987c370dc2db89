"""Archives as other programs write them, and archives that cannot or must not be read."""

import io
import tarfile
import zipfile
from pathlib import Path

import pytest
from image_files import facts, write
from PIL import Image

from genlab.errors import InputError
from genlab.images.decode import load
from genlab.images.sources import Folder, FolderPerClass, TwoFolders
from genlab.serving.errors import DecodeError


def png(grey: int = 0) -> bytes:
    file = io.BytesIO()
    Image.new("L", (4, 4), grey).save(file, "PNG")
    return file.getvalue()


def packed(folder: Path, *names: str) -> str:
    """A .zip with one image per name, written as it is."""
    with zipfile.ZipFile(folder / "set.zip", "w") as archive:
        for number, name in enumerate(names):
            info = zipfile.ZipInfo("x")
            info.filename = name  # the constructor changes some names
            archive.writestr(info, b"" if name.endswith(("/", "\\")) else png(number))
    return str(folder / "set.zip")


def test_names_with_backslashes_as_windows_writes_them_are_folders(tmp_path):
    root = packed(tmp_path, "set\\", "set\\cat\\1.png", "set\\dog\\1.png")
    assert [(item.path, item.label) for item in FolderPerClass(root).items()] == [("set/cat/1.png", "cat"), ("set/dog/1.png", "dog")]
    domains = TwoFolders(root, "cat", "dog")
    assert [(path, stem, domain) for path, stem, domain, *_ in facts(domains)] == [("cat/1.png", "1", "a"), ("dog/1.png", "1", "b")]
    assert [item.read() for item in domains.items()] == [png(1), png(2)]


def test_drives_leading_slashes_and_dots_are_left_out(tmp_path):
    assert [item.path for item in Folder(packed(tmp_path, "C:\\a\\1.png", "/b/2.png", "./c/./3.png")).items()] == [
        "a/1.png",
        "b/2.png",
        "c/3.png",
    ]


@pytest.mark.parametrize("name", ["../1.png", "a/../../1.png", "a\\..\\..\\1.png"])
def test_a_name_that_leads_out_of_the_archive_is_an_error(tmp_path, name):
    with pytest.raises(InputError, match=r"set.zip has the file '.*1.png', whose name leads out of it"):
        list(Folder(packed(tmp_path, name)).items())


def test_two_files_of_one_name_after_normalisation_are_an_error(tmp_path):
    with pytest.raises(InputError, match=r"set.zip has two files 'a/1.png'. Make it again, or rename one of them."):
        list(Folder(packed(tmp_path, "a/1.png", "a\\1.png")).items())


def test_an_encrypted_archive_is_an_error(tmp_path):
    root = Path(packed(tmp_path, "a/1.png"))
    content = bytearray(root.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1  # flag of the entry in the directory at the end
    root.write_bytes(content)
    with pytest.raises(InputError, match=r"set.zip is encrypted, e.g. a/1.png. Make it again without a password."):
        list(Folder(str(root)).items())


def test_a_compression_that_cannot_be_read_is_an_error(tmp_path):
    root = Path(packed(tmp_path, "a/1.png"))
    content = bytearray(root.read_bytes())
    content[content.index(b"PK\x01\x02") + 10] = 9
    root.write_bytes(content)
    with pytest.raises(
        InputError, match=r"compressed by method 9 \(Deflate64 of Windows\), which can't be read. Make it again by 'deflate'"
    ):
        list(Folder(str(root)).items())


@pytest.mark.parametrize("cut", [-1, -30, 40])
def test_a_truncated_archive_is_an_error(tmp_path, cut):
    root = Path(packed(tmp_path, "a/1.png", "a/2.png"))
    root.write_bytes(root.read_bytes()[:cut])
    with pytest.raises(InputError, match=r"Can't read the archive .*set.zip: .*It is incomplete or damaged: make it again"):
        list(Folder(str(root)).items())


def test_names_in_utf_8_without_its_flag_are_read_as_such_and_others_as_code_page_437(tmp_path):
    root = Path(packed(tmp_path, "QQ.png", "W.png"))
    root.write_bytes(root.read_bytes().replace(b"QQ", "é".encode()).replace(b"W", "ü".encode("cp437")))
    items = list(Folder(str(root)).items())
    assert [item.path for item in items] == ["é.png", "ü.png"]
    assert items[0].read() == png(0)


def test_links_in_a_tar_are_followed_if_they_are_files(tmp_path):
    write(tmp_path, "1.png")
    with tarfile.open(tmp_path / "set.tar", "w") as archive:
        archive.add(tmp_path / "1.png", "1.png")
        for name, kind in (("hard.png", tarfile.LNKTYPE), ("soft.png", tarfile.SYMTYPE)):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "1.png"
            archive.addfile(info)
    items = {item.path: item for item in Folder(str(tmp_path / "set.tar")).items()}
    assert items["hard.png"].read() == items["1.png"].read() == (tmp_path / "1.png").read_bytes()
    with pytest.raises(DecodeError, match="a link or device, not a file"):
        load(items["soft.png"])


def test_an_archive_that_changes_is_read_again(tmp_path):
    assert [item.path for item in Folder(packed(tmp_path, "1.png")).items()] == ["1.png"]
    assert [item.path for item in Folder(packed(tmp_path, "1.png", "2.png")).items()] == ["1.png", "2.png"]

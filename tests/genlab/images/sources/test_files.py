"""Folders and archives as sources of images."""

from image_files import archived, facts, write

from genlab.images.sources import Folder, FolderPerClass, TwoFolders


def test_linked_folders_are_followed_and_cyclic_links_end(tmp_path):
    write(tmp_path / "elsewhere", "x.png")
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "back").symlink_to(tmp_path / "set")
    assert [item.path for item in Folder(str(tmp_path / "set")).items()] == ["link/x.png"]


def test_two_links_to_one_folder_are_both_followed(tmp_path):
    write(tmp_path / "elsewhere", "x.png")
    (tmp_path / "set").mkdir()
    for name in ("cat", "dog"):
        (tmp_path / "set" / name).symlink_to(tmp_path / "elsewhere")
    assert [item.label for item in FolderPerClass(str(tmp_path / "set")).items()] == ["cat", "dog"]


def test_an_archive_equals_its_folder(tmp_path):
    root = tmp_path / "set"
    write(root, "a/1.png", "a/x/2.png", "b/1.png", "b/notes.txt", "__MACOSX/._1.png")
    archive = archived(root)
    for make in (Folder, FolderPerClass, lambda root: TwoFolders(root, "a", "b")):
        unpacked, packed = list(make(str(root)).items()), list(make(str(archive)).items())
        assert facts(make(str(root))) == facts(make(str(archive)))
        assert [item.read() for item in unpacked] == [item.read() for item in packed]
    assert facts(Folder(str(archive / "a"))) == facts(Folder(str(root / "a")))

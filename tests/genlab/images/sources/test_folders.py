"""Image sets from one folder, with labels from subfolders or from a file."""

import pytest
from image_files import archived, facts, write

from genlab.errors import InputError
from genlab.images.sources import Folder, FolderPerClass, LabelsFile, TwoFolders


def test_a_folder_is_read_at_any_depth_and_only_images_count(tmp_path):
    write(tmp_path, "b.png", "deep/er/a.png", "README.md", "labels.csv", ".DS_Store", ".hidden/x.png", "__MACOSX/._b.png", "._b.png")
    write(tmp_path, "UPPER.png")
    (tmp_path / "UPPER.png").rename(tmp_path / "UPPER.PNG")
    assert facts(Folder(str(tmp_path))) == [
        ("UPPER.PNG", "UPPER", "", "", "", ""),
        ("b.png", "b", "", "", "", ""),
        ("deep/er/a.png", "deep/er/a", "", "", "", ""),
    ]


def test_the_first_folder_is_the_class(tmp_path):
    write(tmp_path, "cat/1.png", "dog/2019/1.png", "stray.png")
    found = {item.path: item.label for item in FolderPerClass(str(tmp_path)).items()}
    assert found == {"cat/1.png": "cat", "dog/2019/1.png": "dog", "stray.png": ""}


def test_a_labels_file_hides_neither_an_image_without_row_nor_a_row_without_image(tmp_path):
    write(tmp_path, "images/1.png", "images/2.png")
    (tmp_path / "labels.csv").write_text("\ufeffstem,name,label\n1.png,one,odd\n3,three,odd\n", encoding="utf-8")
    items = {item.stem: item for item in LabelsFile(str(tmp_path), folder="images").items()}
    assert {stem: item.label for stem, item in items.items()} == {"1": "odd", "2": "", "3": "odd"}
    with pytest.raises(FileNotFoundError, match="no such file"):
        items["3"].read()


@pytest.mark.parametrize(
    ("text", "words"),
    [("file,label\n1,x\n", "expected at least stem,label"), ("stem,label\n1,x\n1,y\n", "line 3: '1' is 'y', but 'x' above")],
)
def test_an_unusable_table_of_labels_is_an_error_with_its_reason(tmp_path, text, words):
    write(tmp_path, "1.png")
    (tmp_path / "labels.csv").write_text(text)
    with pytest.raises(InputError, match=words):
        list(LabelsFile(str(tmp_path)).items())


def test_a_missing_folder_is_named_with_the_existing_ones(tmp_path):
    write(tmp_path / "set", "photos/1.png", "paintings/1.png")
    for root in (tmp_path / "set", archived(tmp_path / "set")):
        with pytest.raises(InputError, match=r"No folder 'paint' in .*set.*; there is: paintings/, photos/. Make it, or change"):
            list(TwoFolders(str(root), "photos", "paint").items())
    with pytest.raises(InputError, match=r"No folder or archive .*nowhere"):
        list(Folder(str(tmp_path / "nowhere")).items())
    with pytest.raises(InputError, match=r"No folder 'x{300}' in .*set; there is: paintings/, photos/"):
        list(TwoFolders(str(tmp_path / "set"), "x" * 300, "paint").items())
    with pytest.raises(InputError, match=r"No folder or archive .*x{300}"):
        list(Folder(str(tmp_path / ("x" * 300))).items())
    (tmp_path / "broken.zip").write_bytes(b"PK")
    with pytest.raises(InputError, match=r"Can't read the archive .*broken.zip"):
        list(Folder(str(tmp_path / "broken.zip")).items())

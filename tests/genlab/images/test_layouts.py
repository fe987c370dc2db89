import gzip
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from genlab.errors import InputError
from genlab.images.layouts import Folder, FolderPerClass, Idx, LabelsFile, SideBySide, TrainTestDomains, TwoFolders
from genlab.images.layouts.idx import decode_idx, encode_idx


def write(root: Path, *paths: str) -> None:
    for number, path in enumerate(paths):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        if path.endswith(".png"):
            Image.new("RGB", (4, 4), (number, 0, 0)).save(root / path)
        else:
            (root / path).write_text("not an image")


def archived(root: Path) -> Path:
    archive = root.with_suffix(".zip")
    with zipfile.ZipFile(archive, "w") as file:
        for path in root.rglob("*"):
            file.write(path, path.relative_to(root))
    return archive


def facts(layout) -> list[tuple]:
    return [(item.path, item.stem, item.domain, item.label, item.split, item.half) for item in layout.items()]


def test_a_folder_is_read_at_any_depth_and_only_images_count(tmp_path):
    write(tmp_path, "b.png", "deep/er/a.png", "README.md", "labels.csv", ".DS_Store", ".hidden/x.png", "__MACOSX/._b.png", "._b.png")
    write(tmp_path, "UPPER.png")
    (tmp_path / "UPPER.png").rename(tmp_path / "UPPER.PNG")
    assert facts(Folder(str(tmp_path))) == [
        ("UPPER.PNG", "UPPER", "", "", "", ""),
        ("b.png", "b", "", "", "", ""),
        ("deep/er/a.png", "deep/er/a", "", "", "", ""),
    ]


def test_linked_folders_are_followed_and_a_circle_of_links_ends(tmp_path):
    write(tmp_path / "elsewhere", "x.png")
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "back").symlink_to(tmp_path / "set")
    assert [item.path for item in Folder(str(tmp_path / "set")).items()] == ["link/x.png"]


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
def test_a_table_of_labels_that_can_not_be_used_says_why(tmp_path, text, words):
    write(tmp_path, "1.png")
    (tmp_path / "labels.csv").write_text(text)
    with pytest.raises(InputError, match=words):
        list(LabelsFile(str(tmp_path)).items())


def test_two_folders_give_two_domains(tmp_path):
    write(tmp_path, "photo/1.png", "paint/2.png", "other/3.png")
    assert facts(TwoFolders(str(tmp_path), "photo", "paint")) == [
        ("photo/1.png", "1", "a", "", "", ""),
        ("paint/2.png", "2", "b", "", "", ""),
    ]


def test_domains_inside_one_another_are_refused():
    with pytest.raises(InputError, match="neither inside the other"):
        TwoFolders("x", "photo", "photo/paint")


def test_cyclegan_s_folders_give_domain_and_split(tmp_path):
    write(tmp_path, "trainA/1.png", "trainB/1.png", "testA/1.png", "testB/2.png")
    found = {(item.stem, item.domain, item.split) for item in TrainTestDomains(str(tmp_path)).items()}
    assert found == {("train/1", "a", "train"), ("train/1", "b", "train"), ("test/1", "a", "test"), ("test/2", "b", "test")}


def test_side_by_side_halves(tmp_path):
    write(tmp_path, "train/1.png", "val/1.png", "more/1.png")
    found = {item.path: (item.domain, item.split, item.stem) for item in SideBySide(str(tmp_path), a="right").items()}
    assert found == {
        "more/1.png#right": ("a", "", "more/1"),
        "more/1.png#left": ("b", "", "more/1"),
        "train/1.png#right": ("a", "train", "train/1"),
        "train/1.png#left": ("b", "train", "train/1"),
        "val/1.png#right": ("a", "test", "val/1"),
        "val/1.png#left": ("b", "test", "val/1"),
    }


def test_an_archive_equals_its_folder(tmp_path):
    root = tmp_path / "set"
    write(root, "a/1.png", "a/x/2.png", "b/1.png", "b/notes.txt", "__MACOSX/._1.png")
    archive = archived(root)
    for make in (Folder, FolderPerClass, lambda root: TwoFolders(root, "a", "b")):
        unpacked, packed = list(make(str(root)).items()), list(make(str(archive)).items())
        assert facts(make(str(root))) == facts(make(str(archive)))
        assert [item.read() for item in unpacked] == [item.read() for item in packed]
    assert facts(Folder(str(archive / "a"))) == facts(Folder(str(root / "a")))


def test_a_missing_folder_is_named_with_what_is_there(tmp_path):
    write(tmp_path / "set", "photos/1.png", "paintings/1.png")
    for root in (tmp_path / "set", archived(tmp_path / "set")):
        with pytest.raises(InputError, match=r"No folder 'paint' in .*set.*; there is: paintings/, photos/. Make it, or change"):
            list(TwoFolders(str(root), "photos", "paint").items())
    with pytest.raises(InputError, match=r"No folder or .zip archive .*nowhere"):
        list(Folder(str(tmp_path / "nowhere")).items())
    (tmp_path / "broken.zip").write_bytes(b"PK")
    with pytest.raises(InputError, match=r"Can't read the archive .*broken.zip"):
        list(Folder(str(tmp_path / "broken.zip")).items())


def write_idx(path: Path, array: np.ndarray) -> None:
    data = bytes([0, 0, 8, array.ndim]) + b"".join(side.to_bytes(4, "big") for side in array.shape) + array.tobytes()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)


def test_idx_files_read_back(tmp_path):
    images = np.arange(3 * 5 * 4, dtype=np.uint8).reshape(3, 5, 4)
    write_idx(tmp_path / "images.gz", images)
    write_idx(tmp_path / "labels", np.array([9, 0, 10], dtype=np.uint8))
    items = list(Idx(str(tmp_path), "images.gz", "labels").items())
    assert np.array_equal(np.stack([item.read() for item in items]), images)
    assert [item.label for item in items] == ["09", "00", "10"]  # their order as text is their order as numbers
    assert {item.split for item in items} == {""}
    write_idx(tmp_path / "test", images[:1])
    splits = [item.split for item in Idx(str(tmp_path), "images.gz", test_images="test").items()]
    assert splits == ["train", "train", "train", "test"]


def test_a_damaged_idx_file_says_what_it_holds(tmp_path):
    write_idx(tmp_path / "images", np.zeros((3, 5, 4), np.uint8))
    (tmp_path / "cut").write_bytes((tmp_path / "images").read_bytes()[:-1])
    write_idx(tmp_path / "labels", np.zeros(2, np.uint8))
    for arguments, words in [
        (("cut",), "59 bytes where its header says"),
        (("labels",), "no IDX file"),
        (("images", "labels"), "2 labels"),
    ]:
        with pytest.raises(InputError, match=words):
            list(Idx(str(tmp_path), *arguments).items())


def test_padding_adds_zeros_on_every_side_and_nothing_else(tmp_path):
    images = np.arange(1, 1 + 2 * 5 * 4, dtype=np.uint8).reshape(2, 5, 4)
    write_idx(tmp_path / "grey", images)
    write_idx(tmp_path / "colour", np.stack([images] * 3, -1))
    for name, depth in [("grey", ()), ("colour", (3,))]:
        for item, image in zip(Idx(str(tmp_path), name, pad=2).items(), images, strict=True):
            found = item.read()
            assert found.shape == (9, 8, *depth) and found.dtype == np.uint8
            channels = found.reshape(9, 8, -1)
            assert all(np.array_equal(channels[2:-2, 2:-2, channel], image) for channel in range(channels.shape[-1]))
            assert found.sum() == image.sum(dtype=int) * channels.shape[-1]  # so that the border is 0


def test_a_negative_padding_is_refused():
    with pytest.raises(InputError, match=r"`pad` is how many pixels to add on every side, 0 or more; got -1"):
        Idx("anywhere", "images", pad=-1)


@pytest.mark.parametrize("shape", [(7,), (3, 5, 4), (2, 5, 4, 3), (0, 28, 28)])
def test_an_array_written_as_idx_reads_back(shape):
    array = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    content = encode_idx(array)
    assert np.array_equal(decode_idx(content, Path("x"), (len(shape),)), array)
    assert content[:4] == b"\x1f\x8b\x08\x00" and content[4:8] == bytes(4)  # gzip without a name, without a time (RFC 1952)
    with pytest.raises(TypeError, match="safe"):
        encode_idx(array.astype(np.int64))

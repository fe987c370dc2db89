"""Official splits of image sets: folders of any spelling, in every layout, in folders and in archives."""

import gzip
import logging
import tarfile

import numpy as np
import pytest
from image_files import archived, write

from genlab.errors import InputError
from genlab.images.read import read_images
from genlab.images.sources import Folder, FolderPerClass, Idx, LabelsFile, SideBySide, TrainTestDomains, TwoFolders
from genlab.images.sources.edges import Canny
from genlab.images.sources.idx import encode_idx
from genlab.images.sources.masks import Otsu

IMAGENET = ("train/cat/1.png", "train/dog/1.png", "val/cat/2.png", "val/dog/2.png")


def splits(layout) -> dict[str, str]:
    return {item.path: item.split for item in layout.items()}


def labels(layout) -> dict[str, str]:
    return {item.path: item.label for item in layout.items()}


@pytest.mark.parametrize("top", ["", "set/", "data/set/"])
@pytest.mark.parametrize("packed", [False, True])
def test_imagenets_layout_gives_the_split_and_the_classes_below_it(tmp_path, top, packed):
    root = tmp_path / "imagenet"
    write(root, *(top + path for path in IMAGENET))
    layout = FolderPerClass(str(archived(root) if packed else root))
    assert splits(layout) == {top + path: "train" if "train" in path else "test" for path in IMAGENET}
    assert labels(layout) == {top + path: path.split("/")[1] for path in IMAGENET}
    assert not layout.survey().remarks


@pytest.mark.parametrize("held_out", ["val", "valid", "validation", "test", "testing", "Test", "VAL"])
@pytest.mark.parametrize("training", ["train", "Training"])
def test_folders_of_a_split_are_recognised_in_any_spelling(tmp_path, training, held_out):
    write(tmp_path, f"{training}/1.png", f"{held_out}/2.png")
    for layout in (Folder(str(tmp_path)), FolderPerClass(str(tmp_path))):
        assert list(splits(layout).values()).count("train") == list(splits(layout).values()).count("test") == 1


def test_val_and_test_are_both_held_out(tmp_path):
    write(tmp_path, "train/1.png", "val/1.png", "test/1.png")
    for layout in (Folder, FolderPerClass, SideBySide, Canny, Otsu):
        found = {path.split("/")[0]: split for path, split in splits(layout(str(tmp_path))).items()}
        assert found == {"train": "train", "val": "test", "test": "test"}


@pytest.mark.parametrize("layout", [Folder, FolderPerClass, SideBySide, Canny, Otsu])
def test_a_split_below_the_only_folder_of_an_archive_is_found(tmp_path, layout):
    write(tmp_path / "facades", "facades/train/1.png", "facades/test/1.png")
    assert {path.split("/")[1]: split for path, split in splits(layout(str(archived(tmp_path / "facades")))).items()} == {
        "train": "train",
        "test": "test",
    }


def test_a_split_below_the_classes_is_found(tmp_path):
    write(tmp_path, "cat/train/1.png", "cat/test/2.png", "dog/train/3.png")
    layout = FolderPerClass(str(tmp_path))
    assert splits(layout) == {"cat/train/1.png": "train", "cat/test/2.png": "test", "dog/train/3.png": "train"}
    assert labels(layout) == {"cat/train/1.png": "cat", "cat/test/2.png": "cat", "dog/train/3.png": "dog"}


def test_cyclegans_folders_are_a_split_of_one_domain_too(tmp_path):
    write(tmp_path, "trainA/1.png", "trainB/1.png", "testA/2.png")
    assert splits(Folder(str(tmp_path))) == {"testA/2.png": "test", "trainA/1.png": "train", "trainB/1.png": "train"}
    assert labels(FolderPerClass(str(tmp_path))) == {"testA/2.png": "A", "trainA/1.png": "A", "trainB/1.png": "B"}


@pytest.mark.parametrize(
    "pattern", ["{split}/{domain}/1.png", "{domain}/{split}/1.png", "set/{split}/{domain}/1.png", "set/{domain}/{split}/1.png"]
)
@pytest.mark.parametrize("packed", [False, True])
def test_two_folders_have_their_split_above_or_below_them(tmp_path, pattern, packed):
    root = tmp_path / "pairs"
    write(root, *(pattern.format(split=split, domain=domain) for split in ("train", "val") for domain in ("photo", "paint")))
    layout = TwoFolders(str(archived(root) if packed else root), "photo", "paint")
    found = sorted((item.domain, item.stem, item.split) for item in layout.items())
    assert found == [("a", "train/1", "train"), ("a", "val/1", "test"), ("b", "train/1", "train"), ("b", "val/1", "test")]
    assert not layout.survey().remarks


def test_cyclegans_folders_may_have_val_another_case_and_a_folder_on_top(tmp_path):
    root = tmp_path / "horse2zebra"
    write(root, "h2z/TrainA/1.png", "h2z/TrainB/1.png", "h2z/testA/1.png", "h2z/testB/1.png", "h2z/valA/1.png", "h2z/notes/x.txt")
    (root / "h2z/notes/x.txt").unlink()
    found = {(item.stem, item.domain, item.split) for item in TrainTestDomains(str(root / "h2z")).items()}
    assert found == {
        ("train/1", "a", "train"), ("train/1", "b", "train"), ("test/1", "a", "test"), ("test/1", "b", "test"), ("val/1", "a", "test"),
    }  # fmt: skip
    assert len(list(TrainTestDomains(str(archived(root))).items())) == 5
    write(tmp_path / "elsewhere", "x/1.png")
    with pytest.raises(InputError, match=r"No folder 'trainA' in .*elsewhere; there is: x/"):
        list(TrainTestDomains(str(tmp_path / "elsewhere")).items())


@pytest.mark.parametrize(
    ("paths", "words"),
    [
        (("train/cat/1.png", "train/dog/1.png"), "'train' looks like a split, but there is no held-out folder next to it"),
        (("test/cat/1.png", "test/dog/1.png"), "'test' looks like a split, but there is no training folder next to it"),
        (("train/1.png", "cat/1.png", "dog/1.png"), "'train' looks like a split, but there is no held-out folder"),
        (
            ("train/cat/1.png", "test/cat/1.png", "cat/3.png"),
            "1 of 3 images are outside the folders of the split, 'test', 'train', e.g. cat/3.png",
        ),
    ],
)
def test_what_looks_like_a_split_and_is_none_is_a_remark_and_a_warning(tmp_path, caplog, paths, words):
    write(tmp_path, *paths)
    layout = FolderPerClass(str(tmp_path))
    assert [words in remark for remark in layout.survey().remarks] == [True]
    with caplog.at_level(logging.WARNING):
        read_images(layout, "labelled", 0.5, 0)
    assert words in caplog.text


def test_a_lone_folder_of_a_split_is_no_class_unless_classes_are_next_to_it(tmp_path):
    write(tmp_path / "alone", "train/cat/1.png", "train/dog/1.png")
    assert set(labels(FolderPerClass(str(tmp_path / "alone"))).values()) == {"cat", "dog"}
    write(tmp_path / "railway", "train/1.png", "plane/1.png")
    assert set(labels(FolderPerClass(str(tmp_path / "railway"))).values()) == {"train", "plane"}
    assert set(splits(FolderPerClass(str(tmp_path / "railway"))).values()) == {""}


def test_folders_of_a_split_that_two_folders_do_not_read_are_a_remark(tmp_path):
    write(tmp_path, "trainA/1.png", "trainB/1.png", "testA/1.png", "testB/1.png")
    (remark,) = TwoFolders(str(tmp_path), "trainA", "trainB").survey().remarks
    assert "'testA', 'testB' looks like a part of the set, but the layout reads only 'trainA', 'trainB'" in remark


def test_the_column_split_of_a_table_is_the_split(tmp_path):
    write(tmp_path, "1.png", "2.png", "3.png")
    (tmp_path / "labels.csv").write_text("stem,label,split\n1,x,train\n2,y,Validation\n3,x,\n")
    layout = LabelsFile(str(tmp_path))
    assert splits(layout) == {"1.png": "train", "2.png": "test", "3.png": ""}
    assert "1 of 3 rows of the table have no split, e.g. '3'" in layout.survey().remarks[0]
    (tmp_path / "labels.csv").write_text("stem,label,split\n1,x,train\n2,y,train\n3,x,train\n")
    assert set(splits(layout).values()) == {""}
    assert "has training and no held-out images" in layout.survey().remarks[0]
    (tmp_path / "labels.csv").write_text("stem,label,split\n1,x,train\n2,y,tset\n")
    with pytest.raises(InputError, match=r"labels.csv, line 3: the split is 'tset'; expected one of train, training, val"):
        list(layout.items())


def test_folders_are_the_split_of_a_table_without_that_column(tmp_path):
    root = tmp_path / "set"
    write(root, "set/train/1.png", "set/test/2.png")
    (root / "set/labels.csv").write_text("stem,label\ntrain/1,x\ntest/2,y\n")
    for layout in (LabelsFile(str(root)), LabelsFile(str(archived(root)))):
        assert splits(layout) == {"train/1.png": "train", "test/2.png": "test"}
        assert set(labels(layout).values()) == {"x", "y"}


def test_idx_files_of_held_out_images_that_are_not_named_are_a_remark(tmp_path):
    for name in ("train-images-idx3-ubyte.gz", "t10k-images-idx3-ubyte.gz"):
        (tmp_path / name).write_bytes(encode_idx(np.zeros((2, 4, 4), np.uint8)))
    alone = Idx(str(tmp_path), "train-images-idx3-ubyte.gz")
    assert alone.survey().passed_over == {".gz": 1}
    assert "'t10k-images-idx3-ubyte.gz' looks like held-out data and is not used" in alone.survey().remarks[0]
    both = Idx(str(tmp_path), "train-images-idx3-ubyte.gz", test_images="t10k-images-idx3-ubyte.gz")
    assert not both.survey().remarks
    assert set(splits(both).values()) == {"train", "test"}


@pytest.mark.parametrize("extension", [".tar", ".tar.gz", ".tgz", ".tar.xz"])
def test_a_tar_archive_equals_its_folder(tmp_path, extension):
    root = tmp_path / "set"
    write(root, *(f"set/{path}" for path in IMAGENET))
    with tarfile.open(tmp_path / f"set{extension}", f"w:{extension[-2:] if extension != '.tar' else ''}".replace("ar", "")) as archive:
        archive.add(root / "set", "set")
    folder, packed = FolderPerClass(str(root)), FolderPerClass(str(tmp_path / f"set{extension}"))
    assert [item[2:] for item in packed.items()] == [item[2:] for item in folder.items()]
    assert [item.read() for item in packed.items()] == [item.read() for item in folder.items()]
    inside = FolderPerClass(str(tmp_path / f"set{extension}" / "set/train"))
    assert {item.path for item in inside.items()} == {"cat/1.png", "dog/1.png"}


def test_a_truncated_compressed_tar_is_an_error(tmp_path):
    write(tmp_path / "set", "a/1.png", "a/2.png")
    with tarfile.open(tmp_path / "set.tar", "w") as archive:
        archive.add(tmp_path / "set", "set")
    whole = (tmp_path / "set.tar").read_bytes()
    (tmp_path / "cut.tar.gz").write_bytes(gzip.compress(whole)[:-20])
    (tmp_path / "cut.tar").write_bytes(whole[:1600])
    for name in ("cut.tar.gz", "cut.tar"):
        with pytest.raises(InputError, match=rf"Can't read the archive .*{name}: .*It is incomplete or damaged: make it again"):
            list(Folder(str(tmp_path / name)).items())

"""Public sets are recognised by their files, for the kinds of sets that they can be; other folders are not."""

import zipfile

import pytest
from image_files import archived, write
from public_sets import (
    celeba,
    cifar_10,
    cifar_10_binary,
    cifar_100,
    cifar_100_binary,
    emnist,
    ffhq,
    file_in,
    horse2zebra,
    hugging_face,
    imagenet,
    lsun,
    mnist,
    web_dataset,
)

import genlab
from genlab.errors import InputError
from genlab.images.read import read_images
from genlab.images.sources import CelebA, Cifar, DatasetJson, Folder, HuggingFace, Lsun, Mnist, TrainTestDomains, WebDataset
from genlab.images.sources.recognise import layout_for, recognised


@pytest.mark.parametrize(
    ("layout", "fill"),
    [
        (Cifar, cifar_10),
        (Cifar, cifar_10_binary),
        (Cifar, cifar_100),
        (Cifar, cifar_100_binary),
        (Mnist, mnist),
        (Mnist, emnist),
        (CelebA, celeba),
        (CelebA, lambda folder: celeba(folder, packed=True)),
        (DatasetJson, lambda folder: ffhq(file_in(folder / "x.zip", ""))),
        (Lsun, lsun),
        (HuggingFace, hugging_face),
        (HuggingFace, lambda folder: hugging_face(folder, arrow=True)),
        (WebDataset, web_dataset),
    ],
)
def test_a_set_is_recognised_in_its_folder_and_in_one_above(tmp_path, layout, fill):
    fill(tmp_path / "data" / "set")
    if layout is DatasetJson:
        with zipfile.ZipFile(tmp_path / "data" / "set" / "x.zip") as archive:
            archive.extractall(tmp_path / "data" / "set")
    for root in (tmp_path / "data" / "set", tmp_path / "data"):
        for kind in ("labelled", "unlabelled"):
            assert layout_for(str(root), kind) is layout
        assert recognised(str(root), "paired") == []


def test_archives_and_single_files_are_recognised(tmp_path):
    ffhq(tmp_path / "ffhq.zip")
    horse2zebra(tmp_path / "horse2zebra.zip")
    mnist(tmp_path / "mnist")
    hugging_face(tmp_path / "hf")
    web_dataset(tmp_path / "shards")
    for root, kind, layout in [
        ("ffhq.zip", "unlabelled", DatasetJson),
        ("horse2zebra.zip", "unpaired", TrainTestDomains),
        ("horse2zebra.zip/horse2zebra", "unpaired", TrainTestDomains),
        (archived(tmp_path / "mnist").name, "labelled", Mnist),
        ("hf/data/train-00000-of-00002.parquet", "labelled", HuggingFace),
        ("shards/set-train-000000.tar", "labelled", WebDataset),
    ]:
        assert layout_for(str(tmp_path / root), kind) is layout


def test_other_folders_are_not_recognised_and_the_error_has_the_choice(tmp_path):
    imagenet(tmp_path)
    assert recognised(str(tmp_path), "labelled") == [] and recognised(str(tmp_path / "missing"), "labelled") == []
    words = r"`source` has no class, and .* has no files of a format that is recognised. Add the layout of a set of kind labelled: "
    with pytest.raises(InputError, match=words + r"`class: genlab.images.sources.<layout>` with FolderPerClass"):
        layout_for(str(tmp_path), "labelled")
    with pytest.raises(InputError, match=r"No folder or archive .*/missing\. Put the images there, or change the set's `root`\."):
        layout_for(str(tmp_path / "missing"), "labelled")


def test_several_formats_are_an_error_that_names_them(tmp_path):
    mnist(tmp_path / "mnist")
    cifar_10(tmp_path / "cifar")
    with pytest.raises(InputError, match=r"has files of Cifar and Mnist. .* with Cifar or Mnist"):
        layout_for(str(tmp_path), "labelled")


def test_another_layout_finds_no_images_and_names_the_one_that_does(tmp_path):
    cifar_10(tmp_path)
    with pytest.raises(InputError, match=r"The files look like those of genlab.images.sources.Cifar: set it as `class` of the source"):
        read_images(Folder(str(tmp_path)), "unlabelled", 0.2, 0)


def test_prepare_takes_the_path_of_a_public_set_and_of_a_folder(tmp_path):
    cifar_10(tmp_path / "cifar-10-batches-py")
    images = genlab.prepare(tmp_path / "cifar-10-batches-py", size=32, kind="labelled")
    assert images.classes[:2] == ("airplane", "automobile") and len(images.indices("test")) == 12
    write(tmp_path / "own", *(f"{index}.png" for index in range(8)))
    assert len(genlab.prepare(tmp_path / "own", size=4).images) == 8
    write(tmp_path / "classes", *(f"{index % 2}/{index}.png" for index in range(8)))
    assert genlab.prepare(tmp_path / "classes", size=4, kind="labelled").classes == ("0", "1")

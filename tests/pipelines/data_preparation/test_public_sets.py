"""Public sets from files in their true format to prepared images; one labelled and one paired set are also validated."""

from pathlib import Path

import numpy as np
import pytest
import yaml
from public_sets import (
    CIFAR_10,
    celeba,
    cifar_10,
    cifar_10_binary,
    cifar_100,
    edges2shoes,
    emnist,
    facades,
    ffhq,
    horse2zebra,
    hugging_face,
    imagenet,
    lsun,
    mnist,
    web_dataset,
)

from genlab.errors import InputError
from genlab.images.prepared_set import PreparedSet
from pipelines.data_preparation.declaration import ImageSet
from pipelines.data_preparation.nodes import gate, layout_of, prepare, read, validate

EXPECTATIONS = Path(__file__).parents[3] / "conf" / "base" / "expectations"


def prepared(kind: str, root: Path, layout: str = "", size=32, validated: bool = False, **source) -> PreparedSet:
    """Declare a set, without a class if its layout is to be recognised; read and prepare it. If it is validated, no expectation fails."""
    named = {"class": f"genlab.images.sources.{layout}"} if layout else {}
    channels = {"channels": 1} if layout == "Mnist" else {}
    image_set = ImageSet(name="public", kind=kind, source={**named, "root": str(root), **source}, size=size, **channels)
    manifest = read(image_set)
    assert set(manifest["decode_error"]) == {""} and set(manifest["split"]) == {"train", "test"}
    if validated:
        validation, _ = validate(manifest, image_set, yaml.safe_load((EXPECTATIONS / f"{kind}.yml").read_text(encoding="utf-8")))
        assert [finding["name"] for finding in validation["expectations"] if not finding["success"]] == []
        assert validation["passed_over"] == {}
        manifest, _ = gate(manifest, validation, image_set)
    return prepare(manifest, image_set)


def counts(images: PreparedSet) -> dict[str, int]:
    return images.manifest["split"].value_counts().to_dict()


def in_order(images: PreparedSet) -> np.ndarray:
    """The images by split, training first, and stem."""
    order = images.manifest.assign(held_out=images.manifest["split"] == "test").sort_values(["held_out", "stem"]).index
    return images.images[order]


@pytest.mark.parametrize("write", [cifar_10, cifar_10_binary])
def test_cifar_10(tmp_path, write):
    expected = write(tmp_path)
    images = prepared("labelled", tmp_path, validated=write is cifar_10)
    assert np.array_equal(in_order(images), expected)
    assert images.classes == tuple(CIFAR_10) and counts(images) == {"train": 60, "test": 12}


def test_cifar_100_with_superclasses(tmp_path):
    expected = cifar_100(tmp_path)
    images = prepared("labelled", tmp_path, "Cifar", labels="coarse")
    assert np.array_equal(in_order(images), expected)
    assert images.classes == ("coarse_00", "coarse_01", "coarse_02", "coarse_03")


def test_mnist_and_emnist(tmp_path):
    expected = mnist(tmp_path / "mnist")
    assert np.array_equal(in_order(prepared("labelled", tmp_path / "mnist", "Mnist", size=28))[..., 0], expected)
    expected = emnist(tmp_path / "emnist")
    images = prepared("labelled", tmp_path / "emnist", "Mnist", part="letters", pad=2)
    assert np.array_equal(in_order(images)[:, 2:-2, 2:-2, 0], expected) and images.classes == ("Aa", "Bb", "Cc", "Dd", "Ee")


def test_celeba(tmp_path):
    celeba(tmp_path, packed=True)
    images = prepared("labelled", tmp_path, attributes=["Male"])
    assert images.classes == ("Male", "not Male") and counts(images) == {"train": 20, "test": 10}
    assert len(prepared("unlabelled", tmp_path).images) == 30


@pytest.mark.parametrize("a", ["left", "right"])
def test_facades_in_both_directions(tmp_path, a):
    expected = facades(tmp_path / "facades.tar.gz").astype(int)
    images = prepared("paired", tmp_path / "facades.tar.gz", "SideBySide", size=256, a=a, validated=a == "left")
    assert counts(images) == {"train": 24, "test": 10}  # both halves
    rows = images.manifest
    first = images.images[rows.index[(rows["stem"] == "facades/train/1") & (rows["domain"] == "a")][0]]
    assert np.abs(first - expected[0 if a == "left" else 1]).mean() < 3  # JPEG


def test_edges2shoes(tmp_path):
    edges2shoes(tmp_path)
    images = prepared("paired", tmp_path, "SideBySide", size=64)
    assert counts(images) == {"train": 24, "test": 6}
    a, b = images.pairs("test")
    assert len(a) == 3 and set(np.unique(images.images[a[0]])) & {0, 255} == {0, 255}
    assert images.images[b[0]].std() > 0


def test_horse2zebra(tmp_path):
    horse2zebra(tmp_path / "horse2zebra.zip")
    images = prepared("unpaired", tmp_path / "horse2zebra.zip", size=64)
    assert [len(images.indices(split, domain)) for split in ("train", "test") for domain in "ab"] == [11, 12, 3, 4]


def test_ffhq(tmp_path):
    expected = ffhq(tmp_path / "ffhq64.zip")
    images = prepared("unlabelled", tmp_path / "ffhq64.zip", size=64)
    assert np.array_equal(images.images, expected) and len(images.indices("test")) in range(1, 15)
    ffhq(tmp_path / "classes.zip", [index % 3 for index in range(30)])
    assert prepared("labelled", tmp_path / "classes.zip", names=["a", "b", "c"]).classes == ("a", "b", "c")


def test_imagenet(tmp_path):
    imagenet(tmp_path)
    images = prepared("labelled", tmp_path, "FolderPerClass", size=64)
    assert images.classes == ("n01440764", "n02102040") and counts(images) == {"train": 22, "test": 8}


def test_lsun(tmp_path):
    lsun(tmp_path)
    images = prepared("labelled", tmp_path, size=64)
    assert images.classes == ("bedroom", "church_outdoor") and counts(images) == {"train": 24, "test": 8}


@pytest.mark.parametrize("arrow", [False, True])
def test_hugging_face(tmp_path, arrow):
    expected = hugging_face(tmp_path, arrow)
    images = prepared("labelled", tmp_path)
    assert np.array_equal(in_order(images), expected)
    assert images.classes == ("cat", "dog") and counts(images) == {"train": 24, "test": 8}


def test_web_dataset(tmp_path):
    expected = web_dataset(tmp_path)
    images = prepared("labelled", tmp_path, names=["cat", "dog"])
    assert np.abs(in_order(images).astype(int) - expected).mean() < 3  # JPEG
    assert images.classes == ("cat", "dog") and counts(images) == {"train": 24, "test": 8}


def test_a_root_that_is_not_recognised_is_an_error_that_has_the_choice(tmp_path):
    facades(tmp_path / "facades.tar.gz")
    image_set = ImageSet(name="facades", kind="paired", source={"root": str(tmp_path / "facades.tar.gz")}, size=256)
    with pytest.raises(InputError, match=r"image set 'facades': `source` has no class, and .*facades.tar.gz .* with SideBySide"):
        read(image_set)


def test_other_arguments_of_a_recognised_layout_are_checked(tmp_path):
    cifar_10(tmp_path)
    image_set = ImageSet(name="mine", kind="labelled", source={"root": str(tmp_path), "names": ["a"]}, size=32)
    with pytest.raises(InputError, match="Cifar has no argument 'names'"):
        layout_of(image_set, Path())


def test_a_source_needs_a_class_or_a_root():
    with pytest.raises(ValueError, match="`source` needs a class"):
        ImageSet(name="mine", kind="labelled", source={"names": []}, size=32)

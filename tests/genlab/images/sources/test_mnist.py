"""MNIST and EMNIST from the names of their files: pixels, classes, splits, parts, and files that are missing."""

import numpy as np
import pytest
from public_sets import emnist, file_in, mnist

from genlab.errors import InputError
from genlab.images.sources import Idx, Mnist


def pixels(layout) -> np.ndarray:
    return np.stack([item.read() for item in layout.items()])


@pytest.mark.parametrize("packed", [True, False])
def test_mnist_has_its_pixels_classes_and_splits(tmp_path, packed):
    images = mnist(tmp_path / "MNIST" / "raw", packed)
    items = list(Mnist(str(tmp_path)).items())
    assert np.array_equal(pixels(Mnist(str(tmp_path))), images)
    assert [item.label for item in items] == [str(index % 5) for index in (*range(30), *range(10))]
    assert [item.split for item in items] == ["train"] * 30 + ["test"] * 10
    assert items[17].path == f"train-images-idx3-ubyte{'.gz' if packed else ''}#000017" and items[17].stem == "train/000017"
    assert Mnist(str(tmp_path)).survey().passed_over == {}


def test_files_that_are_there_twice_are_read_once(tmp_path):
    mnist(tmp_path, packed=True)
    mnist(tmp_path, packed=False)
    layout = Mnist(str(tmp_path))
    assert len(list(layout.items())) == 40 and layout.survey().passed_over == {}
    assert next(layout.items()).path.startswith("train-images-idx3-ubyte#")


def test_names_with_a_dot_and_other_classes(tmp_path):
    mnist(tmp_path, packed=False)
    for file in list(tmp_path.iterdir()):
        file.rename(tmp_path / file.name.replace("-idx", ".idx"))
    assert {item.label for item in Mnist(str(tmp_path), names=["top", "trouser", "pullover", "dress", "coat"]).items()} == {
        "top",
        "trouser",
        "pullover",
        "dress",
        "coat",
    }
    assert pixels(Mnist(str(tmp_path), pad=2)).shape == (40, 32, 32)


def test_emnist_is_transposed_and_has_characters_as_classes(tmp_path):
    images = emnist(tmp_path / "gzip")
    letters = Mnist(str(tmp_path), part="letters")
    assert np.array_equal(pixels(letters), images)
    assert [item.label for item in letters.items()][:6] == ["Aa", "Bb", "Cc", "Dd", "Ee", "Aa"]
    assert {item.label for item in Mnist(str(tmp_path), part="digits").items()} == set("01234")
    assert [item.split for item in letters.items()] == ["train"] * 30 + ["test"] * 10
    assert letters.survey().passed_over == {}  # the other part is known


def test_the_only_part_need_not_be_named(tmp_path):
    emnist(tmp_path, parts=["digits"])
    assert len(list(Mnist(str(tmp_path)).items())) == 40
    emnist(tmp_path)
    with pytest.raises(InputError, match=r"holds several: 'digits', 'letters'. Name one of them in `part`"):
        list(Mnist(str(tmp_path)).items())
    with pytest.raises(InputError, match=r"`part`: got 'byclass', but .* has: digits, letters"):
        list(Mnist(str(tmp_path), part="byclass").items())


def test_wrong_files_are_errors_that_name_them(tmp_path):
    with pytest.raises(InputError, match=r"No training images of MNIST or EMNIST in .*expected train-images-idx3-ubyte or emnist"):
        list(Mnist(str(tmp_path)).items())
    mnist(tmp_path)
    with pytest.raises(InputError, match=r"`part`: got 'letters', but .* has: MNIST, which has no parts"):
        list(Mnist(str(tmp_path), part="letters").items())
    (tmp_path / "t10k-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(InputError, match=r"lacks the test labels of MNIST; there is: t10k-images-idx3-ubyte.gz, train-"):
        list(Mnist(str(tmp_path)).items())
    emnist(tmp_path / "emnist")
    (tmp_path / "emnist" / "emnist-letters-mapping.txt").unlink()
    with pytest.raises(InputError, match=r"No file .*emnist-letters-mapping.txt, which belongs to EMNIST"):
        list(Mnist(str(tmp_path / "emnist"), part="letters").items())
    file_in(tmp_path / "emnist" / "emnist-letters-mapping.txt", "a b\n")
    with pytest.raises(InputError, match=r"emnist-letters-mapping.txt is no mapping of EMNIST"):
        list(Mnist(str(tmp_path / "emnist"), part="letters").items())
    file = tmp_path / "emnist" / "emnist-digits-train-images-idx3-ubyte.gz"
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(InputError, match=r"emnist-digits-train-images-idx3-ubyte.gz: Compressed file ended .* Fetch it again"):
        list(Mnist(str(tmp_path / "emnist"), part="digits").items())


def test_transposing_is_an_option_of_idx_files(tmp_path):
    images = mnist(tmp_path, packed=False)
    layout = Idx(str(tmp_path), "train-images-idx3-ubyte", transpose=True)
    assert np.array_equal(pixels(layout), images[:30].swapaxes(1, 2))

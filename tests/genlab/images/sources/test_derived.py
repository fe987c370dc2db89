"""Pairs of a photo and an image derived from it: its edges or its mask."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from genlab.errors import InputError
from genlab.images.checking.manifest import make_manifest
from genlab.images.sources import Folder
from genlab.images.sources.edges import Canny
from genlab.images.sources.masks import Otsu

SIDE, LEFT, RIGHT = 40, 12, 28  # a square from LEFT to RIGHT - 1 in both directions


def square(inside: int = 30, outside: int = 220) -> Image.Image:
    pixels = np.full((SIDE, SIDE, 3), outside, np.uint8)
    pixels[LEFT:RIGHT, LEFT:RIGHT] = inside
    return Image.fromarray(pixels)


def edges(image: Image.Image, **arguments) -> np.ndarray:
    """Edges by Canny's method, bool (H, W)."""
    return Canny("x", **{"lines": "white"} | arguments).edges(image) == 255


@pytest.fixture
def photos(tmp_path) -> Path:
    for path in ("train/1.png", "val/1.png", "more/deep/2.png"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        square().save(tmp_path / path)
    return tmp_path


@pytest.mark.parametrize(("layout", "name"), [(Canny, "edges"), (Otsu, "mask")])
def test_each_photo_is_a_pair_and_its_folder_gives_the_split(photos, layout, name):
    layout = layout(str(photos))
    items = {item.path: item for item in layout.items()}
    assert {path: (item.stem, item.domain, item.split) for path, item in items.items()} == {
        f"{stem}.png#{part}": (stem, domain, split)
        for stem, split in [("train/1", "train"), ("val/1", "test"), ("more/deep/2", "")]
        for part, domain in [(name, "a"), ("photo", "b")]
    }
    assert layout.domains() == {"a": name, "b": "photo"}
    assert items["val/1.png#photo"].read() == (photos / "val/1.png").read_bytes()
    derived = items[f"val/1.png#{name}"].read()
    assert derived.shape == (SIDE, SIDE) and derived.dtype == np.uint8


def test_edges_have_the_orientation_of_the_upright_photo(tmp_path):
    image = square().crop((0, 0, SIDE, SIDE - 10))
    exif = image.getexif()
    exif[0x0112] = 6  # "rotate by 90 degrees to see it upright"
    image.save(tmp_path / "x.jpg", exif=exif, quality=95)
    manifest = make_manifest(Canny(str(tmp_path)).items())
    assert manifest[["width", "height"]].to_numpy().tolist() == [[SIDE - 10, SIDE]] * 2


def test_a_larger_photo_is_shrunk_before_its_edges_are_found_and_a_smaller_one_kept(tmp_path):
    square().resize((10 * SIDE, 5 * SIDE)).save(tmp_path / "large.png")
    square().resize((20, 10)).save(tmp_path / "small.png")
    items = {item.path: item.read() for item in Canny(str(tmp_path), side=SIDE).items()}
    shapes = {path: pixels.shape for path, pixels in items.items()}
    assert shapes == {
        "large.png#edges": (SIDE, 2 * SIDE),
        "large.png#photo": (SIDE, 2 * SIDE, 3),
        "small.png#edges": (10, 20),
        "small.png#photo": (10, 20, 3),
    }
    assert 0 < (items["large.png#edges"] == 0).mean() < 0.2 and set(np.unique(items["large.png#edges"])) == {0, 255}  # crisp lines


@pytest.mark.parametrize("layout", [Canny, Otsu])
def test_a_damaged_photo_is_two_rows_with_the_error_of_the_photo(tmp_path, layout):
    square().resize((400, 400)).save(tmp_path / "cut.jpg", quality=95)
    content = (tmp_path / "cut.jpg").read_bytes()
    (tmp_path / "cut.jpg").write_bytes(content[: len(content) * 2 // 3])
    (tmp_path / "page.png").write_text("<html>404</html>")
    manifest = make_manifest(layout(str(tmp_path)).items())
    alone = make_manifest(Folder(str(tmp_path)).items())["decode_error"]
    assert manifest["decode_error"].tolist() == alone.repeat(2).tolist()
    assert "truncated" in alone[0] and "not an image: it begins with b'<html>404" in alone[1]


@pytest.mark.parametrize(
    ("layout", "arguments", "words"),
    [
        (Canny, {"low": 300.0}, "0 <= `low` <= `high`; got low 300 and high 200"),
        (Canny, {"blur": -1.0}, "`blur` and `side` are 0 or more pixels; got -1 and 0"),
        (Canny, {"lines": "red"}, "`lines` are 'black' or 'white'; got 'red'"),
        (Otsu, {"foreground": "near"}, "'dark' or 'light', .*; got 'near'"),
    ],
)
def test_a_wrong_argument_is_named(layout, arguments, words):
    with pytest.raises(InputError, match=words):
        layout("x", **arguments)

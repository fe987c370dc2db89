"""Pairs made of one folder of photos: edges and masks whose place is known."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from genlab.errors import InputError
from genlab.images.edges import Canny
from genlab.images.layouts import Folder
from genlab.images.manifest import make_manifest
from genlab.images.masks import Otsu

SIDE, LEFT, RIGHT = 40, 12, 28  # a square from LEFT to RIGHT - 1 in both directions


def square(inside: int = 30, outside: int = 220) -> Image.Image:
    pixels = np.full((SIDE, SIDE, 3), outside, np.uint8)
    pixels[LEFT:RIGHT, LEFT:RIGHT] = inside
    return Image.fromarray(pixels)


def to_the_border() -> np.ndarray:
    """(SIDE, SIDE): how many pixels each pixel is away from the square's border, 0 on both of its sides."""
    away = np.maximum(LEFT - np.arange(SIDE), np.arange(SIDE) - (RIGHT - 1))  # 0 and -1 on the inner side, 1 on the outer
    outward = np.maximum(away[:, None], away[None])
    return np.where(outward > 0, outward - 1, -outward)


def edges(image: Image.Image, **arguments) -> np.ndarray:
    """Where Canny finds edges, bool (H, W)."""
    return Canny("x", **{"lines": "white"} | arguments).edges(image) == 255


@pytest.mark.parametrize("blur", [0.0, 1.0])
def test_the_edge_of_a_square_is_a_thin_ring_on_its_border(blur):
    found = edges(square(), blur=blur)
    assert (to_the_border()[found] == 0).all()
    assert 4 * (RIGHT - LEFT) - 12 <= found.sum() <= 4 * (RIGHT - LEFT) + 4  # one pixel wide, corners rounded
    assert found[LEFT + 2 : RIGHT - 2].sum(1).tolist() == [2] * (RIGHT - LEFT - 4)  # each row crosses it twice


def test_a_step_is_an_edge_where_four_times_its_height_is_above_the_threshold():
    def step(height):
        return Image.fromarray(np.repeat(np.array([100, 100 + height], np.uint8), 10)[None].repeat(20, 0))

    assert edges(step(51), blur=0.0).any() and not edges(step(49), blur=0.0).any()


def test_a_weak_edge_counts_where_a_strong_one_leads_to_it():
    pixels = np.full((20, 20), 100, np.uint8)
    pixels[:10, 10:], pixels[10:, 10:] = 160, 140  # slopes of 240 and 160
    image = Image.fromarray(pixels)
    assert edges(image, blur=0.0)[12:].any()
    assert not edges(image, blur=0.0, low=200.0)[12:].any() and edges(image, blur=0.0, low=200.0)[:9].any()


def test_edges_are_black_on_white_unless_asked_otherwise():
    black, white = Canny("x").edges(square()), Canny("x", lines="white").edges(square())
    assert np.array_equal(black, 255 - white) and set(np.unique(black)) == {0, 255} and black[0, 0] == 255


@pytest.mark.parametrize("foreground", ["dark", "light"])
def test_the_mask_of_a_noisy_square_is_the_square(foreground):
    dark = np.asarray(square()).astype(int) + np.random.default_rng(0).integers(-25, 26, (SIDE, SIDE, 1))
    mask = Otsu("x", foreground).mask(Image.fromarray(dark.astype(np.uint8)))
    expected = np.zeros((SIDE, SIDE), np.uint8)
    expected[LEFT:RIGHT, LEFT:RIGHT] = 255
    assert np.array_equal(mask, expected if foreground == "dark" else 255 - expected)


def test_the_threshold_is_the_one_that_separates_two_classes_best():
    """The largest variance between the classes, all 255 thresholds tried."""
    random = np.random.default_rng(1)
    grey = np.concatenate([random.normal(80, 20, 900), random.normal(160, 30, 700)]).clip(0, 255).astype(np.uint8).reshape(40, 40)

    def between(threshold):
        low, high = grey[grey <= threshold], grey[grey > threshold]
        return len(low) * len(high) * (low.mean() - high.mean()) ** 2 if len(low) and len(high) else 0

    best = max(range(255), key=between)
    assert np.array_equal(Otsu("x").mask(Image.fromarray(grey)) == 255, grey <= best)


def test_where_there_is_transparency_it_is_the_mask():
    alpha = np.linspace(0, 255, SIDE * SIDE).astype(np.uint8).reshape(SIDE, SIDE)
    image = square()
    image.putalpha(Image.fromarray(alpha))
    assert np.array_equal(Otsu("x").mask(image), alpha)
    image.putalpha(255)  # says nothing: the luma is cut
    assert np.array_equal(Otsu("x").mask(image), Otsu("x").mask(square()))


@pytest.fixture
def photos(tmp_path) -> Path:
    for path in ("train/1.png", "val/1.png", "more/deep/2.png"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        square().save(tmp_path / path)
    return tmp_path


@pytest.mark.parametrize(("layout", "name"), [(Canny, "edges"), (Otsu, "mask")])
def test_each_photo_is_a_pair_and_its_folder_the_split(photos, layout, name):
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


def test_edges_lie_as_the_photo_does_when_it_is_upright(tmp_path):
    image = square().crop((0, 0, SIDE, SIDE - 10))
    exif = image.getexif()
    exif[0x0112] = 6  # "rotate by 90 degrees to see it upright"
    image.save(tmp_path / "x.jpg", exif=exif, quality=95)
    manifest = make_manifest(Canny(str(tmp_path)).items())
    assert manifest[["width", "height"]].to_numpy().tolist() == [[SIDE - 10, SIDE]] * 2


def test_a_larger_photo_is_shrunk_before_its_edges_are_found_and_a_smaller_one_left(tmp_path):
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

"""Tiles of two registered pictures: held-out tiles share no pixel with training tiles."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from genlab.errors import InputError
from genlab.images.checking.manifest import make_manifest
from genlab.images.sources import Tiles

WIDTH, HEIGHT, SIDE = 160, 96, 16
BAND = [0.25, 0.0, 0.5, 1.0]  # columns 40 to 79


@pytest.fixture
def root(tmp_path) -> Path:
    """A folder with a noise picture and its inverse."""
    noise = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "map.png")
    Image.fromarray(255 - noise).save(tmp_path / "photo.png")
    return tmp_path


def tiles(root: Path, **arguments) -> Tiles:
    return Tiles(str(root), **{"a": "map.png", "b": "photo.png", "side": SIDE} | arguments)


def places(layout: Tiles, split: str | None = None) -> set[tuple[int, int]]:
    """Corners (top, left) of the tiles of domain a."""
    return {tuple(map(int, item.stem.split("_"))) for item in layout.items() if item.domain == "a" and split in (None, item.split)}


def covered(corners: set[tuple[int, int]]) -> np.ndarray:
    """Number of tiles that cover each pixel, (HEIGHT, WIDTH)."""
    count = np.zeros((HEIGHT, WIDTH), int)
    for top, left in corners:
        count[top : top + SIDE, left : left + SIDE] += 1
    return count


def test_without_a_step_every_pixel_is_in_one_tile(root):
    layout = tiles(root)
    assert (covered(places(layout)) == 1).all()
    assert {item.split for item in layout.items()} == {""}


def test_a_tile_shows_its_place_in_both_pictures(root):
    items = list(tiles(root).items())
    pictures = {domain: np.asarray(Image.open(root / f"{name}.png")) for domain, name in [("a", "map"), ("b", "photo")]}
    for item in items:
        top, left = map(int, item.stem.split("_"))
        assert np.array_equal(item.read(), pictures[item.domain][top : top + SIDE, left : left + SIDE])
    assert items[2].path == "map/000_016" and items[3].path == "photo/000_016"
    assert len({(item.stem, item.domain) for item in items}) == len(items) == 2 * 60


@pytest.mark.parametrize("step", [None, 5, 16, 23])
def test_splits_share_no_pixel_and_tiles_across_a_border_are_in_neither(root, step):
    layout = tiles(root, test=[BAND], step=step)
    training, held_out = covered(places(layout, "train")), covered(places(layout, "test"))
    inside = np.zeros((HEIGHT, WIDTH), bool)
    inside[:, 40:80] = True
    assert not (training[inside]).any() and not held_out[~inside].any()
    assert held_out.max() == 1  # held-out tiles never overlap, whatever the step
    assert (held_out[:, 40:72] == 1).all() and not held_out[:, 72:].any()  # cut from the box's own corner; the last 8 columns fit no tile
    if step is None:
        assert (training[:, :32] == 1).all() and (training[:, 80:] == 1).all() and not training[:, 32:80].any()
    if step == 5:
        assert training.max() > 1


def test_several_boxes_and_an_area(root):
    boxes = [[0.0, 0.0, 0.2, 0.5], [0.5, 0.5, 1.0, 1.0]]
    layout = tiles(root, test=boxes, area=[0.1, 0.0, 1.0, 1.0])
    everything = covered(places(layout))
    assert not everything[:, :16].any() and everything.max() == 1
    assert places(layout, "test") == {(top, 16) for top in (0, 16, 32)} | {
        (top, left) for top in (48, 64, 80) for left in range(80, 160, 16)
    }


def test_tiles_without_contrast_in_one_of_the_pictures_are_skipped(root):
    for name, corner in [("map", (0, 0)), ("photo", (32, 64))]:
        pixels = np.asarray(Image.open(root / f"{name}.png")).copy()
        pixels[corner[0] : corner[0] + SIDE, corner[1] : corner[1] + SIDE] = (10, 20, 30)
        Image.fromarray(pixels).save(root / f"{name}.png")
    assert places(tiles(root, blank=0.0)) - places(tiles(root)) == {(0, 0), (32, 64)}
    deviation = make_manifest(tiles(root).items())["std"]  # measured as in the manifest
    assert len(places(tiles(root, blank=deviation.min()))) == 58 > len(places(tiles(root, blank=deviation.min() + 1e-6)))


def test_the_larger_picture_is_averaged_down_to_the_smaller(root):
    small = np.asarray(Image.open(root / "photo.png"))
    Image.fromarray(small.repeat(3, 0).repeat(3, 1)).save(root / "large.png")
    for arguments in ({"b": "large.png"}, {"a": "large.png", "b": "map.png"}):
        read = {item.path: item.read() for item in tiles(root, **arguments).items()}
        assert np.array_equal(read["large/016_032"], small[16:32, 32:48])
    half = Image.fromarray(np.array([[0, 100], [50, 250]], np.uint8).repeat(80, 0).repeat(80, 1)).resize((2 * WIDTH, 2 * HEIGHT))
    half.save(root / "half.png")
    shown = {item.path: item.read() for item in tiles(root, b="half.png", blank=0.0).items()}["half/000_000"]
    assert shown.shape == (SIDE, SIDE, 3)


def test_pictures_of_incompatible_sizes_are_refused_with_their_sizes(root):
    Image.new("RGB", (WIDTH + 1, HEIGHT)).save(root / "odd.png")
    with pytest.raises(InputError, match=r"map.png 160 x 96 and odd.png 161 x 96 pixels: expected equal sizes, or one a whole number"):
        list(tiles(root, b="odd.png").items())
    Image.new("RGB", (2 * WIDTH, 3 * HEIGHT)).save(root / "tall.png")
    with pytest.raises(InputError, match="Scale one of them"):
        list(tiles(root, b="tall.png").items())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"b": "map.jpg"}, "two files with different names; got 'map.png' and 'map.jpg'"),
        ({"side": 0}, "`side` and `step` are 1 or more pixels; got 0 and None"),
        ({"step": 8}, "overlap: .* Set `test`"),
        ({"test": [[0.5, 0.0, 0.25, 1.0]]}, r"shares of the picture from 0 to 1, left < right, .*got \[0.5, 0.0, 0.25, 1.0\]"),
        ({"test": [0.25, 0.0, 0.5, 1.0]}, r"A box is \[left, top, right, bottom\].* got 0.25"),
        ({"test": 0.2}, r"A box is .* got 0.2"),
        ({"area": [0, 0, 160, 96]}, r"shares of the picture from 0 to 1"),
        ({"test": [BAND, [0.4, 0.0, 0.6, 1.0]]}, "must not overlap; these do: .*left=40.* and .*left=64"),
        ({"test": [[0.0, 0.0, 0.05, 1.0]]}, "No tile of 16 px fits in the held-out .*right=8.* Make it larger"),
        ({"side": 128}, "No training tile of 128 px fits in .*right=160, bottom=96.* Lower `side`"),
        ({"blank": 200.0}, "None of 60 tiles has a contrast of 200 in both map.png and photo.png. Lower `blank`"),
        ({"b": "foto.png"}, "No image .*foto.png; there is: map.png, photo.png"),
    ],
)
def test_an_impossible_tiling_is_an_error_with_its_reason(root, arguments, words):
    with pytest.raises(InputError, match=words):
        list(tiles(root, **arguments).items())


def test_a_damaged_picture_is_an_error_of_the_whole_set(root):
    (root / "photo.png").write_bytes((root / "photo.png").read_bytes()[:500])
    with pytest.raises(InputError, match=r"Can't cut .*photo.png into tiles: .*Fetch it again"):
        list(tiles(root).items())

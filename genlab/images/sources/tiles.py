"""Pairs of tiles of two large registered pictures, such as a map and an aerial photograph."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from genlab.engine.paths import expanded
from genlab.errors import InputError
from genlab.images.decode import decode
from genlab.images.sources.files import Item, Reader, list_images
from genlab.images.sources.names import without_extension
from genlab.serving.errors import DecodeError, TooLargeError
from genlab.serving.images import convert

WHOLE = (0.0, 0.0, 1.0, 1.0)
LARGEST = 1_000_000_000  # pixels of a picture, 3 GB as RGB: maps are far larger than photos, and two files are read instead of thousands


class Box(NamedTuple):
    """Part of a picture in pixels: rows top to bottom - 1, columns left to right - 1."""

    left: int
    top: int
    right: int
    bottom: int

    def meets(self, other: "Box") -> bool:
        """Whether the boxes share a pixel."""
        return self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom

    def within(self, other: "Box") -> "Box":
        """The part of this box inside the other box."""
        corner, opposite = map(max, self[:2], other[:2]), map(min, self[2:], other[2:])
        return Box(*corner, *opposite)


class Tile(NamedTuple):
    """Position and split of a tile."""

    box: Box
    split: str  # "train" or "test"; "" if no part is held out


@dataclass(frozen=True)
class Tiles:
    """Two registered pictures in root, divided into square tiles. Tiles at the same position are a pair.

    Whole boxes of the picture are held out instead of random tiles, because neighbouring tiles look alike and overlapping tiles share
    pixels. Each held-out box is divided from its own corner into tiles that do not overlap; tiles across a border belong to neither split.
    Transparent pixels are placed on white.
    """

    root: str  # folder or archive
    a: str  # picture of domain a, a file in root
    b: str  # picture of domain b, of equal size or larger or smaller by an integer factor; the larger one is downscaled
    side: int  # of a tile, in pixels of the smaller picture
    step: int | None = None  # from one training tile to the next, px; null: side, so that tiles do not overlap
    test: Sequence[Sequence[float]] = ()  # held-out boxes, [left, top, right, bottom] as shares of the picture
    area: Sequence[float] = WHOLE  # part of the picture that is divided into tiles, as for `test`
    blank: float = 2.0  # smallest deviation of a tile from its mean colour in both domains, in grey levels; others are skipped
    max_pixels: int = LARGEST  # largest width x height of a picture; an RGB pixel takes 3 bytes of memory

    def __post_init__(self) -> None:
        if not self.a or not self.b or without_extension(self.a) == without_extension(self.b):
            raise InputError(f"Tiles' `a` and `b` must be two files with different names; got '{self.a}' and '{self.b}'.")
        check_steps(self.side, self.step, bool(self.test))
        for box in (*(self.test if isinstance(self.test, Sequence) else [self.test]), self.area):
            check_box(box)

    def items(self) -> Iterator[Item]:
        files = list_images(self.root)
        pictures = dict(zip("ab", same_size({name: self.picture(files, name) for name in (self.a, self.b)}), strict=True))
        height, width = pictures["a"].shape[:2]
        boxes = [in_pixels(box, width, height) for box in self.test]
        tiles = cut(in_pixels(self.area, width, height), self.side, self.step or self.side, boxes)
        shown = [tile for tile in tiles if all(shows(part(pixels, tile.box), self.blank) for pixels in pictures.values())]
        if not shown:
            raise InputError(f"None of {len(tiles):,} tiles has a contrast of {self.blank:g} in both {self.a} and {self.b}. Lower `blank`.")
        yield from tile_items(self.domains(), pictures, shown)

    def domains(self) -> dict[str, str]:
        return {"a": without_extension(self.a), "b": without_extension(self.b)}

    def picture(self, files: Mapping[str, Reader], name: str) -> Image.Image:
        """Read one of the two pictures as RGB.

        Raises:
            InputError: there is no such file, or it cannot be read.
        """
        if name not in files:
            raise InputError(f"No image {Path(expanded(self.root), name).absolute()}; there is: {', '.join(list(files)[:12]) or 'none'}.")
        return read_picture(files[name], Path(expanded(self.root), name), self.max_pixels)


def read_picture(
    read: Reader,
    path: Path,  # for messages
    max_pixels: int = LARGEST,
) -> Image.Image:
    """Read a picture as RGB.

    Raises:
        InputError: the file cannot be read, is not an image, is damaged, or is too large.
    """
    try:
        return convert(decode(read(), max_pixels=max_pixels), 3)
    except TooLargeError as error:
        raise InputError(
            f"Can't cut {path.absolute()} into tiles: {error}. Downscale it, or raise `max_pixels` of the image set."
        ) from error
    except (DecodeError, OSError) as error:
        raise InputError(f"Can't cut {path.absolute()} into tiles: {error}. Fetch it again.") from error


def same_size(images: Mapping[str, Image.Image]) -> list[np.ndarray]:
    """Convert two pictures to uint8 (H, W, 3) of the same size; the larger one is downscaled by averaging blocks of pixels.

    Raises:
        InputError: the sizes do not differ by an integer factor.
    """
    smaller, larger = sorted(images.values(), key=lambda image: image.width * image.height)
    factor = larger.width // smaller.width
    if larger.size != (factor * smaller.width, factor * smaller.height):
        sizes = " and ".join(f"{name} {image.width:,} x {image.height:,}" for name, image in images.items())
        raise InputError(f"{sizes} pixels: expected equal sizes, or one a whole number of times the other. Scale one of them.")
    return [np.asarray(image.reduce(factor) if image is larger and factor > 1 else image) for image in images.values()]


def cut(
    area: Box,
    side: int,  # of a tile, px
    step: int,  # from one training tile to the next, px
    test: Sequence[Box],  # held-out boxes
) -> list[Tile]:
    """Return held-out tiles inside the boxes, and training tiles that touch no box.

    Raises:
        InputError: held-out boxes overlap, or no tile fits into a box or into the rest.
    """
    for index, box in enumerate(test):
        for other in test[:index]:
            if box.meets(other):
                raise InputError(f"Held-out boxes must not overlap; these do: {other} and {box}, in pixels.")
    held_out = [list(grid(box.within(area), side, side)) for box in test]
    for box, found in zip(test, held_out, strict=True):
        if not found:
            raise InputError(f"No tile of {side} px fits in the held-out {box.within(area)}, in pixels. Make it larger.")
    rest = [place for place in grid(area, side, step) if not any(place.meets(box) for box in test)]
    if not rest:
        raise InputError(f"No training tile of {side} px fits in {area}, in pixels, outside the held-out boxes. Lower `side`.")
    return [Tile(place, "train" if test else "") for place in rest] + [Tile(place, "test") for found in held_out for place in found]


def grid(area: Box, side: int, step: int) -> Iterator[Box]:
    """Yield squares row by row from the upper left corner of the area."""
    for top in range(area.top, area.bottom - side + 1, step):
        for left in range(area.left, area.right - side + 1, step):
            yield Box(left, top, left + side, top + side)


def tile_items(names: Mapping[str, str], pictures: Mapping[str, np.ndarray], tiles: Iterable[Tile]) -> Iterator[Item]:
    """Yield two items per tile, `<name>/<top>_<left>` in pixels. The pictures are only read, so that threads can share them."""
    digits = len(str(max(extent for pixels in pictures.values() for extent in pixels.shape[:2])))
    for box, split in tiles:
        stem = f"{box.top:0{digits}d}_{box.left:0{digits}d}"
        for domain, pixels in pictures.items():
            yield Item(f"{names[domain]}/{stem}", partial(part, pixels, box), stem, domain, split=split)


def part(pixels: np.ndarray, box: Box) -> np.ndarray:
    """View of the part of a picture (H, W, ...) inside a box."""
    return pixels[box.top : box.bottom, box.left : box.right]


def shows(pixels: np.ndarray, least: float) -> bool:
    """Whether an image (H, W) or (H, W, C) deviates by at least `least` grey levels from its mean colour (`std` in the manifest)."""
    return bool(np.mean([channel.var() for channel in np.atleast_3d(pixels).transpose(2, 0, 1)]) ** 0.5 >= least)


def in_pixels(shares: Sequence[float], width: int, height: int) -> Box:
    """Convert [left, top, right, bottom] as shares of a picture to pixels, rounded."""
    return Box(*(round(share * extent) for share, extent in zip(shares, (width, height) * 2, strict=True)))


def check_box(box: Sequence[float]) -> None:
    """Raise an InputError unless a box is [left, top, right, bottom] with shares from 0 to 1 and is not empty."""
    numbers = list(box) if isinstance(box, Sequence) and all(isinstance(share, int | float) for share in box) else []
    if len(numbers) != 4 or not (0 <= numbers[0] < numbers[2] <= 1 and 0 <= numbers[1] < numbers[3] <= 1):
        raise InputError(f"A box is [left, top, right, bottom], shares of the picture from 0 to 1, left < right, top < bottom; got {box}.")


def check_steps(side: int, step: int | None, held_out: bool) -> None:
    """Raise an InputError unless side and step are positive, and tiles that overlap have held-out parts of the picture."""
    if side < 1 or (step is not None and step < 1):
        raise InputError(f"Tiles' `side` and `step` are 1 or more pixels; got {side} and {step}.")
    if step is not None and step < side and not held_out:
        raise InputError(f"Tiles of {side} px every {step} px overlap: some of each would be held out, pixels and all. Set `test`.")

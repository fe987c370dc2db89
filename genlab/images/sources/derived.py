"""Pairs made of one folder of photos: domain a is computed from the photo, domain b is the photo."""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from PIL import Image

from genlab.images.decode import decode
from genlab.images.sources.domains import split_of
from genlab.images.sources.files import Item, Reader, list_images, without_extension
from genlab.serving.images import convert

PHOTO = "photo"  # what domain b is called

Derivation = Callable[[Image.Image], np.ndarray]  # an upright image of any mode and size -> uint8 (H, W)


def derived_pairs(
    root: str,  # folder or .zip; folders `train`, `test` and `val` directly in it give the split
    name: str,  # what domain a is called
    derive: Derivation,
    side: int = 0,  # both images are shrunk to this shorter side first, in pixels; 0: they stay as they are
) -> Iterator[Item]:
    """Every image below root as two items, `<path>#<name>` in a and `<path>#photo` in b. An image is decoded when it is read.

    Raises:
        InputError: the root is missing or unreadable. A damaged photo is a DecodeError of each item's `read`.
    """
    for path, read in list_images(root).items():
        stem, split = without_extension(path), split_of(path)
        yield Item(f"{path}#{name}", partial(derived, read, derive, side), stem, "a", split=split)
        yield Item(f"{path}#{PHOTO}", partial(shrunk, read, side) if side else read, stem, "b", split=split)


def derived(read: Reader, derive: Derivation, side: int) -> np.ndarray:
    return derive(Image.fromarray(shrunk(read, side)) if side else decode(read()))


def shrunk(read: Reader, side: int) -> np.ndarray:
    """A file -> RGB (H, W, 3) on white, its shorter side at most `side`."""
    image = convert(decode(read()), 3)
    factor = side / min(image.size)
    if factor < 1:
        image = image.resize((round(image.width * factor), round(image.height * factor)), Image.Resampling.LANCZOS)
    return np.asarray(image)

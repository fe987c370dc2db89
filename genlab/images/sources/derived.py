"""Pairs derived from one folder of photos: domain a is computed from the photo, domain b is the photo."""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from PIL import Image

from genlab.images.decode import decode_in_set
from genlab.images.sources.files import Item, Reader, list_images
from genlab.images.sources.names import Computed, without_extension
from genlab.images.sources.splits import find_splits
from genlab.serving.images import MAX_PIXELS, convert

PHOTO = "photo"  # name of domain b

Derivation = Callable[[Image.Image], np.ndarray]  # an upright image of any mode and size -> uint8 (H, W)


def derived_pairs(
    root: str,  # folder or archive; folders `train`, `test` and `val` are the split
    name: str,  # of domain a
    derive: Derivation,
    side: int = 0,  # photos are first downscaled to this shorter side, px; 0: not downscaled
    max_pixels: int = MAX_PIXELS,  # largest width x height of a photo
) -> Iterator[Item]:
    """Yield two items per image, `<path>#<name>` in domain a and `<path>#photo` in b. Images are decoded when they are read.

    Raises:
        InputError: the root is missing or unreadable. A damaged photo raises a DecodeError in `Item.read`.
    """
    images = list_images(root)
    splits = find_splits(images)
    for path, read in images.items():
        stem, split = without_extension(path), splits.of(path)
        drawing = Computed(partial(derived, read, derive, side, max_pixels), read.state)
        yield Item(f"{path}#{name}", drawing, stem, "a", split=split)
        photo = Computed(partial(shrunk, read, side, max_pixels), read.state) if side else read
        yield Item(f"{path}#{PHOTO}", photo, stem, "b", split=split, max_pixels=max_pixels)


def derived(read: Reader, derive: Derivation, side: int, max_pixels: int) -> np.ndarray:
    """Read a photo, downscale it unless `side` is 0, and compute the image of domain a, uint8 (H, W)."""
    return derive(Image.fromarray(shrunk(read, side, max_pixels)) if side else decode_in_set(read(), max_pixels))


def shrunk(read: Reader, side: int, max_pixels: int) -> np.ndarray:
    """Read a file as RGB, uint8 (H, W, 3), on white, downscaled to a shorter side of at most `side` px."""
    image = convert(decode_in_set(read(), max_pixels), 3)
    factor = side / min(image.size)
    if factor < 1:
        image = image.resize((round(image.width * factor), round(image.height * factor)), Image.Resampling.LANCZOS)
    return np.asarray(image)

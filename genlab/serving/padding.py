"""Reflection padding of images to the sides that a network requires, and the crop that removes it."""

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar, cast

import numpy as np


class Indexable(Protocol):
    """Numpy array or torch tensor; both support numpy's indices."""

    @property
    def shape(self) -> Sequence[int]: ...

    def __getitem__(self, key: Any, /) -> Any: ...


Images = TypeVar("Images", bound=Indexable)


def pad(
    images: Images,  # (..., H, W), H and W at least 1
    multiple: int,  # padded sides are multiples of it: the stride of the network
    smallest: int = 1,  # smallest side that the network accepts
) -> Images:
    """Pad images (..., H, W) by reflection at the bottom and right edges; returns `images` itself if no padding is needed.

    Reflection repeats as in `numpy.pad`, so that the padding may exceed the image. A side of 1 is repeated.
    """
    height, width = images.shape[-2:]
    rows, columns = (padded_side(side, multiple, smallest) for side in (height, width))
    if (rows, columns) == (height, width):
        return images
    return cast(Images, images[..., reflection(height, rows)[:, None], reflection(width, columns)])


def crop(images: Images, height: int, width: int) -> Images:
    """Remove the padding of `pad`: (..., H', W') -> (..., height, width)."""
    return cast(Images, images[..., :height, :width])


def padded_side(side: int, multiple: int, smallest: int = 1) -> int:
    """Smallest multiple of `multiple` that is at least `side` and at least `smallest`."""
    return -(-max(side, smallest) // multiple) * multiple


def reflection(side: int, padded: int) -> np.ndarray:
    """Source index of each padded pixel, (padded,): 0 1 2 1 0 1 ... for a side of 3. Edge pixels are not repeated."""
    if side == 1:
        return np.zeros(padded, int)
    within = np.arange(padded) % (2 * (side - 1))
    return np.minimum(within, 2 * (side - 1) - within)

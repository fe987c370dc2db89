"""Images of any H x W for networks that take multiples: what is missing is reflected, and cut off again."""

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar, cast

import numpy as np


class Indexable(Protocol):
    """A numpy array or a torch tensor: both take numpy's indices."""

    @property
    def shape(self) -> Sequence[int]: ...

    def __getitem__(self, key: Any, /) -> Any: ...


Images = TypeVar("Images", bound=Indexable)


def pad(
    images: Images,  # (..., H, W), H and W at least 1
    multiple: int,  # of the sides that come out: the network's stride
    smallest: int = 1,  # side that the network takes
) -> Images:
    """(..., H, W) -> (..., H', W'), reflected at the bottom and the right edge; `images` itself where nothing is missing.

    As numpy.pad's mode `reflect`, the reflection may be wider than the image. A side of 1 is repeated.
    """
    height, width = images.shape[-2:]
    rows, columns = (padded_side(side, multiple, smallest) for side in (height, width))
    if (rows, columns) == (height, width):
        return images
    return cast(Images, images[..., reflection(height, rows)[:, None], reflection(width, columns)])


def crop(images: Images, height: int, width: int) -> Images:
    """The inverse of pad: (..., H', W') -> (..., height, width)."""
    return cast(Images, images[..., :height, :width])


def padded_side(side: int, multiple: int, smallest: int = 1) -> int:
    """The least multiple that is no smaller than the side and than the smallest."""
    return -(-max(side, smallest) // multiple) * multiple


def reflection(side: int, padded: int) -> np.ndarray:
    """The index of the pixel at 0 .. padded - 1: 0 1 2 1 0 1 ... for a side of 3. The edge pixel is not doubled."""
    if side == 1:
        return np.zeros(padded, int)
    within = np.arange(padded) % (2 * (side - 1))
    return np.minimum(within, 2 * (side - 1) - within)

"""Images of any H x W through networks that want multiples: reflect what is missing, translate, cut it off again."""

from collections.abc import Callable
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from genlab.errors import InputError

Images = TypeVar("Images", Tensor, np.ndarray)
CELLS = 4  # of the coarsest grid along a side: with so many every padding and norm that a network uses has what it needs


def pad(
    images: Images,  # (..., H, W)
    multiple: int,  # of the sides that come out: the network's stride
    smallest: int = 1,  # side that the network takes, as `smallest_side` finds it
) -> Images:
    """(..., H, W) -> (..., H', W'), reflected at the bottom and the right edge; `images` itself where nothing is missing.

    Reflection goes to and fro, as numpy.pad's does and torch's doesn't: it may be wider than the image. A side of 1 is repeated.

    Raises:
        InputError: an image without pixels.
    """
    height, width = images.shape[-2:]
    if not (height and width):
        raise InputError(f"images must have pixels, got height {height}, width {width}.")
    rows, columns = (padded_side(side, multiple, smallest) for side in (height, width))
    if (rows, columns) == (height, width):
        return images
    return images[..., reflection(height, rows)[:, None], reflection(width, columns)]


def crop(images: Images, height: int, width: int) -> Images:
    """The inverse of pad: (..., H', W') -> (..., height, width)."""
    return images[..., :height, :width]


def padded_side(side: int, multiple: int, smallest: int = 1) -> int:
    """The least multiple that is no smaller than the side and than the smallest."""
    return -(-max(side, smallest) // multiple) * multiple


def reflection(side: int, padded: int) -> np.ndarray:
    """Which pixel stands at 0 .. padded - 1: 0 1 2 1 0 1 ... for a side of 3. The edge pixel is not doubled."""
    if side == 1:
        return np.zeros(padded, int)
    within = np.arange(padded) % (2 * (side - 1))
    return np.minimum(within, 2 * (side - 1) - within)


def check_sides(images: Tensor, domain: str, stride: int) -> None:
    """Whether a network that wants multiples of the stride can train on these images (N, C, H, W).

    Raises:
        InputError: it can't; translating pads and crops, training doesn't.
    """
    height, width = images.shape[2:]
    if height % stride or width % stride:
        raise InputError(
            f"images of domain {domain} are {height} x {width} px; this generator trains on multiples of {stride}. "
            "Change the image set's `size`, or the generator's if it has one."
        )


@torch.no_grad()
def smallest_side(network: nn.Module, channels: int, stride: int) -> int:
    """The least multiple of the stride that the network takes as height and as width, found by trying.

    Reflection padding wants a side longer than itself, instance norm more than one pixel, both on the coarsest grid. Tried without
    noise: where it enters, it changes no size.

    Raises:
        InputError: none of the first few does.
    """
    parameter = next(network.parameters())
    reason = ""
    for side in range(stride, CELLS * stride + 1, stride):
        try:
            network(torch.zeros(1, channels, side, side, device=parameter.device, dtype=parameter.dtype))
        except (RuntimeError, ValueError) as error:  # the layers' own ways of saying that an image is too small
            reason = str(error)
        else:
            return side
    raise InputError(
        f"{type(network).__name__} takes no image with {channels} channels and a side of {stride} to {CELLS * stride}: {reason}. "
        "Check its `stride` and its channels."
    )


@torch.no_grad()
def translate(
    network: Callable[[Tensor], Tensor],  # image -> image of the same height and width; itself draws what noise it takes
    images: Tensor,  # (N, C, H, W) in [-1, 1], any H x W
    stride: int,
    smallest: int = 1,
) -> Tensor:
    """Images (N, C, H, W) -> (N, C', H, W)."""
    height, width = images.shape[-2:]
    return crop(network(pad(images, stride, smallest)), height, width)

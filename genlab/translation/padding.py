"""Images of any H x W through networks that want multiples: reflect what is missing, translate, cut it off again."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from genlab.errors import InputError
from genlab.serving import padding
from genlab.serving.padding import Images, crop

CELLS = 4  # of the coarsest grid along a side: with so many every padding and norm that a network uses has what it needs


def pad(
    images: Images,  # (..., H, W)
    multiple: int,  # of the sides that come out: the network's stride
    smallest: int = 1,  # side that the network takes, as `smallest_side` finds it
) -> Images:
    """(..., H, W) -> (..., H', W') as genlab.serving.padding.pad.

    Raises:
        InputError: an image without pixels.
    """
    height, width = images.shape[-2:]
    if not (height and width):
        raise InputError(f"images must have pixels, got height {height}, width {width}.")
    return padding.pad(images, multiple, smallest)


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

"""Translation of images of any size: pad by reflection to multiples of the stride, translate, crop."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from genlab.errors import InputError
from genlab.serving import padding
from genlab.serving.padding import Images, crop

CELLS = 4  # cells of the coarsest grid per side with which all paddings and norms of networks work


def pad(
    images: Images,  # (..., H, W)
    multiple: int,  # padded sides are multiples of it: the stride of the network
    smallest: int = 1,  # smallest side that the network accepts, see `smallest_side`
) -> Images:
    """Pad images (..., H, W) as genlab.serving.padding.pad does.

    Raises:
        InputError: height or width is 0.
    """
    height, width = images.shape[-2:]
    if not (height and width):
        raise InputError(f"images must have pixels, got height {height}, width {width}.")
    return padding.pad(images, multiple, smallest)


def check_sides(images: Tensor, domain: str, stride: int) -> None:
    """Check that a network can be trained on images (N, C, H, W). Training does not pad and crop as translating does.

    Raises:
        InputError: height or width is not a multiple of the stride.
    """
    height, width = images.shape[2:]
    if height % stride or width % stride:
        raise InputError(
            f"images of domain {domain} are {height} x {width} px; this generator trains on multiples of {stride}. "
            "Change the image set's `size`, or the generator's if it has one."
        )


@torch.no_grad()
def smallest_side(network: nn.Module, channels: int, stride: int) -> int:
    """Find the smallest multiple of the stride that the network accepts as height and width, by trying.

    On the coarsest grid, reflection padding requires a side longer than the padding, and instance norm more than one pixel. Noise is
    left out, because it does not change sizes.

    Raises:
        InputError: the network accepts none of the first few multiples.
    """
    parameter = next(network.parameters())
    reason = ""
    for side in range(stride, CELLS * stride + 1, stride):
        try:
            network(torch.zeros(1, channels, side, side, device=parameter.device, dtype=parameter.dtype))
        except (RuntimeError, ValueError) as error:  # raised by layers if an image is too small
            reason = str(error)
        else:
            return side
    raise InputError(
        f"{type(network).__name__} takes no image with {channels} channels and a side of {stride} to {CELLS * stride}: {reason}. "
        "Check its `stride` and its channels."
    )


@torch.no_grad()
def translate(
    network: Callable[[Tensor], Tensor],  # image -> image of the same height and width; draws its own noise
    images: Tensor,  # (N, C, H, W) in [-1, 1], any H x W
    stride: int,
    smallest: int = 1,
) -> Tensor:
    """Translate images (N, C, H, W) to (N, C', H, W), with padding and cropping."""
    height, width = images.shape[-2:]
    return crop(network(pad(images, stride, smallest)), height, width)

"""Sides and filters of networks that repeatedly double or halve the side of images, starting from 4 px."""

from torch import Tensor

from genlab.errors import InputError

COARSEST = 4  # pixels, side of a generator's first and a critic's last feature map


def check_side(image: Tensor, size: int) -> None:
    """Check that images (N, C, H, W) have the side that a critic is built for.

    Convolutions accept images of any side; with another side, the critic would judge patches, or sums over more positions.

    Raises:
        ValueError: the images do not have `size` x `size` px.
    """
    if image.shape[2:] != (size, size):
        raise ValueError(f"it is made for images of {size} x {size} px")


def doublings_to(size: int, name: str) -> int:
    """Number of doublings from 4 px to `size`.

    Raises:
        InputError: `size` is not 8, 16, 32 or a greater power of 2; the message starts with `name`.
    """
    doublings = (size // COARSEST).bit_length() - 1
    if doublings < 1 or COARSEST << doublings != size:
        raise InputError(f"{name}: size: got {size}, expected 8, 16, 32, 64, 128 or another power of 2. Change the image set's `size` too.")
    return doublings


def level_of(side: int) -> int:
    """Number of doublings from 4 px to `side`, without a check."""
    return (side // COARSEST).bit_length() - 1


def filters_by_level(size: int, width: int, most: int, name: str) -> list[int]:
    """Numbers of filters at 4, 8, ..., `size` px: `width` at the last side, doubled with each halving of the side, up to `most`.

    Raises:
        InputError: `size` is not 8, 16, 32 or a greater power of 2; the message starts with `name`.
    """
    doublings = doublings_to(size, name)
    return [min(most, width * 2**level) for level in reversed(range(doublings + 1))]

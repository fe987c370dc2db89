"""Sides and filters of networks that double or halve images, starting from 4 px."""

from torch import Tensor

from genlab.errors import InputError

COARSEST = 4  # pixels, the side of the first and last feature map


def check_side(image: Tensor, size: int) -> None:
    """Convolutions take images of any side: a critic of another one would judge patches, or sums of more places.

    Raises:
        ValueError: not the side that the critic is made for.
    """
    if image.shape[2:] != (size, size):
        raise ValueError(f"it is made for images of {size} x {size} px")


def doublings_to(size: int, name: str) -> int:
    """How often 4 px is doubled to become `size`.

    Raises:
        InputError: it never does.
    """
    doublings = (size // COARSEST).bit_length() - 1
    if doublings < 1 or COARSEST << doublings != size:
        raise InputError(f"{name}: size: got {size}, expected 8, 16, 32, 64, 128 or another power of 2. Change the image set's `size` too.")
    return doublings


def level_of(side: int) -> int:
    """How often 4 px is doubled to become this side."""
    return (side // COARSEST).bit_length() - 1


def filters_by_level(size: int, width: int, most: int, name: str) -> list[int]:
    """Filters at 4, 8, ..., size px.

    Raises:
        InputError: `size` is no such side.
    """
    doublings = doublings_to(size, name)
    return [min(most, width * 2**level) for level in reversed(range(doublings + 1))]

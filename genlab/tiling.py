"""Images too large to be translated at once: in tiles that overlap and are blended, so that no seam shows."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from genlab.errors import InputError
from genlab.noise import Noise
from genlab.padding import crop, pad


@torch.no_grad()
def translate_in_tiles(
    network: Callable[..., Tensor],  # image -> image of the same height and width; takes noise beside it where there is some
    images: Tensor,  # (N, C, H, W) in [-1, 1], any H x W
    tile: int,  # px, its side
    overlap: int,  # px that neighbours share, at least (the noise's grid may allow no more than it)
    stride: int = 1,  # the network's
    smallest: int = 1,  # side that the network takes, as genlab.padding.smallest_side finds it
    noise: Noise | None = None,  # the network's: drawn once for the whole, so that tiles agree where they overlap
) -> Tensor:
    """Images (N, C, H, W) -> (N, C', H, W), padded and cropped as by genlab.padding.translate; tile by tile, row by row.

    Where all tiles that hold a pixel see as much around it as the network does, it is what the whole image would give. A network whose
    norms go by an image's own statistics takes those of each tile: it says something else of it than of the whole.

    Raises:
        InputError: a tile that the network can't take, an overlap that leaves nothing of it, or an image without pixels.
    """
    if tile < max(smallest, 1) or tile % stride:
        raise InputError(f"tile: got {tile} px, expected a multiple of the network's stride, {stride}, and at least {max(smallest, 1)}.")
    if not 0 <= overlap < tile:
        raise InputError(f"overlap: got {overlap} px, expected 0 to {tile - 1}, less than the tile.")
    height, width = images.shape[-2:]
    padded = pad(images, stride, smallest)
    cell = noise.stride if noise else 1
    rows, columns = (windows(side, tile, overlap, stride, cell) for side in padded.shape[-2:])
    drawn = noise.draw(padded) if noise else None
    blended = None
    for top, down in rows:
        for left, across in columns:
            place = (..., slice(top, top + len(down)), slice(left, left + len(across)))
            translation = network(padded[place]) if drawn is None else network(padded[place], drawn[coarser(place, cell)])
            if blended is None:
                blended = translation.new_zeros(*translation.shape[:2], *padded.shape[-2:])
            blended[place] += translation * torch.from_numpy(np.outer(down, across)).to(translation)
    return crop(blended, height, width)


def coarser(place: tuple, cell: int) -> tuple:
    """A place in an image -> the same on a grid whose cells are so many pixels wide."""
    return (..., *(slice(part.start // cell, part.stop // cell) for part in place[1:]))


def windows(
    side: int,  # px, of the image
    tile: int,
    overlap: int,
    stride: int,
    cell: int = 1,  # px of the noise's grid, on which tiles begin at least
) -> list[tuple[int, np.ndarray]]:
    """Where each tile of a side begins, and the weights of its pixels: of all tiles together 1 at every pixel of the side.

    The weights fall to almost nothing where a tile borders on another, and not at the image's border: as 3t^2 - 2t^3, t falling from 1
    to 0 over the overlap, which hides what a tile gets wrong near its border better than t itself. The last tile ends with the side.
    Tiles begin at multiples of the stride, where the overlap leaves room for that: the network's grids then lie as in the whole image.
    """
    if side <= tile:
        return [(0, np.ones(side))]
    step = (tile - overlap) // stride * stride or max((tile - overlap) // cell, 1) * cell
    starts = [*range(0, side - tile, step), side - tile]
    share = np.minimum(np.arange(1, tile + 1) / (tile - step + 1), 1)
    rising = share**2 * (3 - 2 * share)
    rises = [np.ones(tile), *[rising] * (len(starts) - 1)]
    falls = [*[rising[::-1]] * (len(starts) - 1), np.ones(tile)]
    weights = [np.minimum(rise, fall) for rise, fall in zip(rises, falls, strict=True)]
    total = np.zeros(side)
    for start, each in zip(starts, weights, strict=True):
        total[start : start + tile] += each
    return [(start, each / total[start : start + tile]) for start, each in zip(starts, weights, strict=True)]

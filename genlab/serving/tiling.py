"""Where the tiles of an image lie, and how they are blended so that no seam shows."""

from types import EllipsisType

import numpy as np

Place = tuple[EllipsisType, slice, slice]  # an index of images (..., H, W)


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


def coarser(place: Place, cell: int) -> Place:
    """A place in an image, (..., slice of rows, slice of columns) -> the same place on a grid whose cells are `cell` pixels wide."""
    _, rows, columns = place
    return ..., slice(rows.start // cell, rows.stop // cell), slice(columns.start // cell, columns.stop // cell)

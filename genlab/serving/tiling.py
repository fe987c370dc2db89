"""Positions and blending weights of overlapping tiles, so that no seams are visible."""

from types import EllipsisType

import numpy as np

Place = tuple[EllipsisType, slice, slice]  # an index of images (..., H, W)


def windows(
    side: int,  # of the image, px
    tile: int,  # side of a tile, px
    overlap: int,  # of neighbouring tiles, px
    stride: int,  # of the network, px
    cell: int = 1,  # cell of the noise grid, px; tiles start at multiples of it
) -> list[tuple[int, np.ndarray]]:
    """Start and weights (tile,) of each tile along a side. The weights of all tiles add up to 1 at every pixel.

    Weights decrease towards neighbouring tiles as 3t^2 - 2t^3, with t from 1 to 0 over the overlap, which hides errors near the border of
    a tile better than t itself. They do not decrease at the border of the image. The last tile ends at the end of the side. Tiles start at
    multiples of the stride if the overlap permits, so that the grids of the network are aligned as in the whole image.
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
    """Convert a place in pixels, (..., rows, columns), to the same place on a grid with cells of `cell` pixels."""
    _, rows, columns = place
    return ..., slice(rows.start // cell, rows.stop // cell), slice(columns.start // cell, columns.stop // cell)

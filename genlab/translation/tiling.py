"""Images too large to be translated at once: in tiles that overlap and are blended, so that no seam shows."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from genlab.errors import InputError
from genlab.networks.dropout_noise import DropoutNoise
from genlab.serving.padding import crop
from genlab.serving.tiling import Place, coarser, windows
from genlab.translation.padding import pad


@torch.no_grad()
def translate_in_tiles(
    network: Callable[..., Tensor],  # image -> image of the same height and width; takes noise beside it where there is some
    images: Tensor,  # (N, C, H, W) in [-1, 1], any H x W
    tile: int,  # px, its side
    overlap: int,  # px that neighbours share, at least (the noise's grid may allow no more than it)
    stride: int = 1,  # the network's
    smallest: int = 1,  # side that the network takes, as genlab.translation.padding.smallest_side finds it
    noise: DropoutNoise | None = None,  # the network's: drawn once for the whole, so that tiles agree where they overlap
) -> Tensor:
    """Images (N, C, H, W) -> (N, C', H, W), padded and cropped as by genlab.translation.padding.translate; tile by tile, row by row.

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
    blended: Tensor | None = None
    for top, down in rows:
        for left, across in columns:
            place: Place = (..., slice(top, top + len(down)), slice(left, left + len(across)))
            translation = network(padded[place]) if drawn is None else network(padded[place], drawn[coarser(place, cell)])
            if blended is None:
                blended = translation.new_zeros(*translation.shape[:2], *padded.shape[-2:])
            blended[place] += translation * torch.from_numpy(np.outer(down, across)).to(translation)
    assert blended is not None  # there is a tile: a side has at least one pixel
    return crop(blended, height, width)

"""Translation of large images in overlapping tiles, blended so that no seams are visible."""

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
    network: Callable[..., Tensor],  # image [, noise] -> image of the same height and width
    images: Tensor,  # (N, C, H, W) in [-1, 1], any H x W
    tile: int,  # side of a tile, px
    overlap: int,  # smallest overlap of neighbouring tiles, px
    stride: int = 1,  # of the network
    smallest: int = 1,  # smallest side that the network accepts, see genlab.translation.padding.smallest_side
    noise: DropoutNoise | None = None,  # noise of the network, drawn once for the whole image, so that overlapping tiles agree
) -> Tensor:
    """Translate images (N, C, H, W) to (N, C', H, W) tile by tile, with padding and cropping.

    A pixel equals that of the whole image's translation if every tile that contains it covers the receptive field around it. A network
    with instance norm uses the statistics of each tile, so that its result differs from that of the whole image.

    Raises:
        InputError: the network does not accept the tile, the overlap is not smaller than the tile, or height or width is 0.
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
            blended[place] += translation * torch.from_numpy(np.outer(down, across)).to(translation.dtype).to(translation.device)
    assert blended is not None  # there is a tile: a side has at least one pixel
    return crop(blended, height, width)

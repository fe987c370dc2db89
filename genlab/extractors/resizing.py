"""From images of any size, grey or in colour, to the input of a network."""

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from genlab.errors import InputError


def in_colour(images: np.ndarray) -> Tensor:
    """Images (N, H, W, 3), or grey (N, H, W, 1), in [0, 255] -> float32 (N, 3, H, W) in [0, 255].

    Raises:
        InputError: the images have another number of channels.
    """
    if images.ndim != 4 or images.shape[3] not in (1, 3):
        raise InputError(
            f"extractor: got images of shape {images.shape}, expected (N, H, W, C) with 1 or 3 channels. "
            "Use the extractor genlab.extractors.pixels.Pixels for images with other channels."
        )
    return torch.from_numpy(np.array(images)).permute(0, 3, 1, 2).float().expand(-1, 3, -1, -1)


def antialiased(images: Tensor, side: int) -> Tensor:
    """Images (N, C, H, W) -> float32 (N, C, side, side), bilinear with antialiasing, pixels aligned by their centres."""
    return interpolate(images, (side, side), mode="bilinear", antialias=True, align_corners=False)


def as_tensorflow(images: Tensor, side: int) -> Tensor:
    """Images (N, C, H, W) -> float32 (N, C, side, side), bilinear without antialiasing: `resize_bilinear` of TensorFlow 1.

    Position i of the output is position i H / side of the input: pixels are aligned by their first corners, not by their centres
    (`align_corners=False`, `half_pixel_centers=False`). So it differs from every bilinear mode of torch and Pillow. Positions after the
    last pixel have its value. Positions are float32, as in TensorFlow.
    """
    maps = images.float()
    for axis in (3, 2):  # along rows first, as in TensorFlow; the order changes last digits
        length = maps.shape[axis]
        positions = torch.arange(side, dtype=torch.float32) * torch.tensor(length / side, dtype=torch.float32)
        before = positions.long()
        after = (before + 1).clamp(max=length - 1)
        share = positions - before if axis == 3 else (positions - before).unsqueeze(1)
        start = maps.index_select(axis, before)
        maps = start.add_(maps.index_select(axis, after).sub_(start).mul_(share))  # in place: these arrays are large
    return maps

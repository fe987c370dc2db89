"""The random numbers of dropout as an explicit input of a network, so that translations can be repeated."""

from typing import NamedTuple

import torch
from torch import Tensor


class DropoutNoise(NamedTuple):
    """Shape of a network's dropout noise from U(0, 1): (N, channels, H / stride, W / stride) for images (N, C, H, W)."""

    channels: int
    stride: int  # image pixels per noise value along each axis; divides the network's stride

    def draw(self, images: Tensor) -> Tensor:
        """Draw noise for images (N, C, H, W) from torch's global generator."""
        height, width = images.shape[2:]
        return torch.rand(len(images), self.channels, height // self.stride, width // self.stride, device=images.device)

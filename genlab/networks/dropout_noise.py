"""The noise that a network takes while it samples: what its dropout draws, as an input that can be given and repeated."""

from typing import NamedTuple

import torch
from torch import Tensor


class DropoutNoise(NamedTuple):
    """U(0, 1), (N, channels, H / stride, W / stride) for images (N, C, H, W)."""

    channels: int
    stride: int  # pixels of the image for one of the noise; divides the network's own stride

    def draw(self, images: Tensor) -> Tensor:
        """Noise for these images, by torch's global generator."""
        height, width = images.shape[2:]
        return torch.rand(len(images), self.channels, height // self.stride, width // self.stride, device=images.device)

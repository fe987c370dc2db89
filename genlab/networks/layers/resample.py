"""Doubling and halving with StyleGAN's low-pass filter [1, 3, 3, 1] (arXiv:1812.04948, appendix C: [1, 2, 1] and nearest neighbour)."""

import torch
from torch import Tensor
from torch.nn.functional import conv2d, interpolate


def double(features: Tensor) -> Tensor:
    """Double the side, (N, C, H, W) -> (N, C, 2 H, 2 W), by bilinear interpolation, which equals the filter; borders are replicated."""
    return interpolate(features, scale_factor=2, mode="bilinear", align_corners=False)


def halve(features: Tensor) -> Tensor:
    """Filter and halve the side, (N, C, H, W) -> (N, C, H / 2, W / 2); borders are padded with zeros."""
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0], device=features.device, dtype=features.dtype) / 8
    channels = features.shape[1]
    kernel = torch.outer(taps, taps).expand(channels, 1, -1, -1)
    return conv2d(features, kernel, stride=2, padding=1, groups=channels)

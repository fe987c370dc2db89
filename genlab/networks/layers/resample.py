"""Doubling and halving with StyleGAN's low-pass filter [1, 3, 3, 1] (arXiv:1812.04948, appendix C: [1, 2, 1] and nearest neighbour)."""

import torch
from torch import Tensor
from torch.nn.functional import conv2d, interpolate


def double(features: Tensor) -> Tensor:
    """Double the side, (N, C, H, W) -> (N, C, 2 H, 2 W), by bilinear interpolation, which equals the filter; borders are replicated."""
    return interpolate(features, scale_factor=2, mode="bilinear", align_corners=False)


def halve(features: Tensor) -> Tensor:
    """Filter and halve the side, (N, C, H, W) -> (N, C, H / 2, W / 2); borders are padded with zeros."""
    return conv2d(features, binomial(features), stride=2, padding=1, groups=features.shape[1])


def low_pass(features: Tensor) -> Tensor:
    """Filter, (N, C, H, W) -> (N, C, H + 1, W + 1); borders are padded with two zeros.

    A 3 x 3 convolution of stride 2 without padding then gives half the side. Its positions are those of `halve`.
    """
    return conv2d(features, binomial(features), padding=2, groups=features.shape[1])


def binomial(features: Tensor) -> Tensor:
    """Filter [1, 3, 3, 1] / 8 in both directions as the kernel of a convolution of each channel of the features alone, (C, 1, 4, 4)."""
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0], device=features.device, dtype=features.dtype) / 8
    return torch.outer(taps, taps).expand(features.shape[1], 1, -1, -1)

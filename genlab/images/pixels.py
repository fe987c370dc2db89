"""Conversions between the pixels of files, uint8 in 0 to 255, and those of networks, float32 in [-1, 1]."""

import numpy as np
import torch
from torch import Tensor


def to_channels_first(images: np.ndarray) -> Tensor:
    """Images uint8 (N, H, W, C) -> uint8 (N, C, H, W)."""
    return torch.from_numpy(images).permute(0, 3, 1, 2).contiguous()


def channels_last(images: Tensor) -> Tensor:
    """Convert images (N, C, H, W) to the channels-last memory format.

    Strides are set explicitly. An image with one channel matches both memory formats; torch then assumes the other one, and every network
    converts its activations, which costs a sixth of the time of a small GAN.
    """
    _, channels, height, width = images.shape
    strides = (channels * height * width, 1, channels * width, channels)
    return images.contiguous(memory_format=torch.channels_last).as_strided(images.shape, strides)


def to_unit(images: Tensor) -> Tensor:
    """Images uint8 in 0 to 255 -> float32 in [-1, 1]. Samples of a density are floats already, and are returned as they are."""
    return images if images.is_floating_point() else images.float().div_(127.5).sub_(1)


def to_bytes(images: Tensor) -> Tensor:
    """Images float in [-1, 1] -> uint8 in 0 to 255, rounded and clipped; the inverse of `to_unit`."""
    return images.float().add(1).mul(127.5).round().clamp(0, 255).to(torch.uint8)

"""Conversions between pixels as bytes, uint8 0..255, and as networks take them, float32 in [-1, 1]."""

import numpy as np
import torch
from torch import Tensor


def to_channels_first(images: np.ndarray) -> Tensor:
    """uint8 (N, H, W, C) -> uint8 (N, C, H, W)."""
    return torch.from_numpy(images).permute(0, 3, 1, 2).contiguous()


def channels_last(images: Tensor) -> Tensor:
    """The same images (N, C, H, W), pixel by pixel in memory.

    With their strides said outright: a single channel fits either layout, torch then takes it for the other one, and every
    network rearranges what it computes from it (a sixth of the time of a small GAN).
    """
    _, channels, height, width = images.shape
    strides = (channels * height * width, 1, channels * width, channels)
    return images.contiguous(memory_format=torch.channels_last).as_strided(images.shape, strides)


def to_unit(images: Tensor) -> Tensor:
    """uint8 0..255 -> float32 in [-1, 1]."""
    return images.float().div_(127.5).sub_(1)


def to_bytes(images: Tensor) -> Tensor:
    """float in [-1, 1] -> uint8 0..255, rounded; the inverse of to_unit."""
    return images.float().add(1).mul(127.5).round().clamp(0, 255).to(torch.uint8)

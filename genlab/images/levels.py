"""Levels of intensity: what a density of real numbers has to do with the probability of an image file.

A stored image takes one of `levels` values at each pixel, which lie `step(levels)` apart in [-1, 1]. A model's density can be made as
large as one likes on such a grid (a spike on every value), so that densities are compared on dequantised images: each value moved
uniformly within its level. Then E[log p(x + u)] + D log(step) is a lower bound of the log-probability of the stored image, in nats, and
compares with models that give such probabilities themselves. Theis et al. 2016 (arXiv:1511.01844), section 3.1.
"""

import math

import torch
from torch import Tensor

BYTE = 256  # levels of an ordinary image file


def step(levels: int) -> float:
    """The distance of two neighbouring levels, where images span [-1, 1]."""
    return 2 / (levels - 1)


def level_of(images: Tensor, levels: int = BYTE) -> Tensor:
    """Images in [-1, 1] -> the level of each value, float, 0 .. levels - 1: rounded, since files round, too."""
    return ((images + 1) / step(levels)).round().clamp(0, levels - 1)


def dequantised(images: Tensor, levels: int = BYTE) -> Tensor:
    """Images in [-1, 1] -> the same, each value uniformly within its level: from half a step below to half a step above it."""
    return (level_of(images, levels) + torch.rand_like(images) - 0.5) * step(levels) - 1


def log_volume(values: int, levels: int = BYTE) -> float:
    """What is added to a log-density of `values` numbers in [-1, 1] to make it one of levels, in nats."""
    return values * math.log(step(levels))


def bits_per_dimension(nats: float, values: int) -> float:
    """Log-probability of an image of so many values, in nats (negative) -> bits for each of them."""
    return -nats / (values * math.log(2))

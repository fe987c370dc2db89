"""Intensity levels: the relation between a density of real numbers and the probability of a stored image.

Each value of a stored image is one of `levels` numbers, `step(levels)` apart in [-1, 1]. A density can be arbitrarily large on such a grid,
with a spike on every level. Densities are therefore evaluated on dequantised images, whose values are moved uniformly within their levels.
For an image x with D values and uniform noise u, E[log p(x + u)] + D log(step) is a lower bound of the log-probability of x in nats. It can
be compared with models that define such probabilities directly. Theis et al. 2016 (arXiv:1511.01844), section 3.1.

Samples of a known density are real numbers, without levels: `levels` is None. They are scored as they are, by their density.
"""

import math

import torch
from torch import Tensor

BYTE = 256  # levels of an ordinary image file


def step(levels: int) -> float:
    """Distance between neighbouring levels of images in [-1, 1]."""
    return 2 / (levels - 1)


def level_of(images: Tensor, levels: int = BYTE) -> Tensor:
    """Images in [-1, 1] -> level of each value as float, 0 to levels - 1, rounded as in image files."""
    return ((images + 1) / step(levels)).round().clamp(0, levels - 1)


def dequantised(images: Tensor, levels: int | None = BYTE) -> Tensor:
    """Images in [-1, 1] -> images with each value drawn uniformly from half a step below to half a step above its level.

    Real numbers (None) are returned unchanged.
    """
    if levels is None:
        return images
    return (level_of(images, levels) + torch.rand_like(images) - 0.5) * step(levels) - 1


def log_volume(values: int, levels: int | None = BYTE) -> float:
    """Term that converts a log-density of `values` numbers in [-1, 1] to a log-probability of levels, in nats; 0 without levels."""
    return 0.0 if levels is None else values * math.log(step(levels))


def within_range(images: Tensor, levels: int | None) -> Tensor:
    """Clip images to [-1, 1], the range of levels; real numbers (None) have no range."""
    return images if levels is None else images.clamp(-1, 1)


def scored_text(levels: int | None) -> str:
    """Description of the images that a likelihood scores."""
    return "real numbers" if levels is None else f"images in {levels} levels"


def bits_per_dimension(nats: float, values: int) -> float:
    """Convert the log-probability of an image with `values` values, in nats (negative), to bits per dimension."""
    return -nats / (values * math.log(2))

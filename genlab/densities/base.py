"""Protocols of known distributions, from what every distribution has to what only some have."""

from typing import Protocol, runtime_checkable

import torch
from torch import Tensor


@runtime_checkable
class Distribution(Protocol):
    """A distribution that can be sampled. A sample with D coordinates is used as an image of D channels and one pixel."""

    dimensions: int  # D, coordinates of a sample
    extent: float  # samples divided by this number are in [-1, 1], except for rare ones

    def sample(self, count: int, generator: torch.Generator) -> Tensor:
        """Draw samples, (count, D), float64."""


@runtime_checkable
class Density(Distribution, Protocol):
    """A distribution with a known density."""

    def log_prob(self, points: Tensor) -> Tensor:
        """Points (N, D) -> logarithm of the density in nats, (N,), float64."""


@runtime_checkable
class Modal(Distribution, Protocol):
    """A distribution whose samples lie around isolated centres, with the same deviation around each."""

    modes: Tensor  # (K, D), centres
    deviation: float  # standard deviation per coordinate of the samples around a centre


def images_of(points: Tensor, extent: float) -> Tensor:
    """Points (N, D) -> images (N, D, 1, 1), float32, in [-1, 1] for points within the extent."""
    return (points / extent).float()[:, :, None, None]


def points_of(images: Tensor, extent: float) -> Tensor:
    """Images (N, D, 1, 1) -> points (N, D), float64. The inverse of `images_of`."""
    return images.flatten(1).double() * extent

"""Pictures of what a recipe samples: many samples, ways between them, what they resemble, and truncation.

`sample` is the recipe's: latents (N, latent_size), labels (N,) or None -> images (N, C, H, W) in [-1, 1].
"""

import math
from collections.abc import Callable

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from genlab.images.prepared_set import PreparedSet
from genlab.images.stream import to_channels_first, to_unit
from genlab.latents import NO_TRUNCATION, spherical, truncated
from genlab.pictures import sheet

COLUMNS, LINES = 12, 6  # of the grid of samples
WAYS, STEPS = 6, 10  # of the interpolations, both ends included
RESEMBLING = 10  # samples that are shown with their neighbours
RANKS = ("nearest training image", "second nearest", "third nearest")
BOUNDS = (0.5, 1.0, 2.0, NO_TRUNCATION)
Sample = Callable[[Tensor, Tensor | None], Tensor]
LATENTS = COLUMNS * LINES  # that these pictures are made of


def grid(samples: Tensor) -> Image.Image:
    """The first samples, none chosen."""
    return sheet({"samples, none chosen": samples[: COLUMNS * LINES]}, COLUMNS)


def interpolation(sample: Sample, latents: Tensor, labels: Tensor | None = None) -> Image.Image:
    """A line a pair of latents: the way from the one to the other, on a great circle; under the label of the one."""
    ways = spherical(latents[:WAYS], latents[WAYS : 2 * WAYS], STEPS)
    told = None if labels is None else labels[:WAYS].repeat_interleave(STEPS)
    return sheet({"from one latent to another, on a great circle": sample(ways.flatten(0, 1), told)}, STEPS)


def neighbours(
    samples: Tensor,
    indices: np.ndarray,  # (N, K): each sample's nearest training images, the nearest first, K up to 3
    images: PreparedSet,
) -> Image.Image:
    """A column a sample: above it, below it the training images that resemble it most. Copies would show."""
    samples, indices = samples[:RESEMBLING], indices[:RESEMBLING]
    rows = {"sample": samples}
    for name, found in zip(RANKS, indices.T, strict=False):
        rows[name] = to_unit(to_channels_first(images.images[found]))
    return sheet(rows)


def truncation(sample: Sample, latents: Tensor, labels: Tensor | None = None) -> Image.Image:
    """A row a bound: the same latents, less and less truncated. Samples grow more varied, and odder."""
    shown = latents[:COLUMNS]
    told = None if labels is None else labels[:COLUMNS].repeat(len(BOUNDS))
    made = sample(torch.cat([truncated(shown, bound) for bound in BOUNDS]), told).split(len(shown))
    return sheet({bound_name(bound): images for bound, images in zip(BOUNDS, made, strict=True)})


def bound_name(bound: float) -> str:
    return "no truncation" if math.isinf(bound) else f"latents truncated to [-{bound:g}, {bound:g}]"

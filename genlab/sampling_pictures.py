"""Pictures of what a recipe samples: many samples, ways between them, what they resemble, truncation, and classes.

`sample` is the recipe's: latents (N, latent_size), labels (N,), weights of the classes (N, classes), or None -> images (N, C, H, W) in
[-1, 1].
"""

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from genlab.images.prepared_set import PreparedSet
from genlab.images.stream import to_channels_first, to_unit
from genlab.labels import class_weights
from genlab.latents import NO_TRUNCATION, spherical, truncated
from genlab.pictures import sheet, spread
from genlab.views import Curve, Panels

COLUMNS, LINES = 12, 6  # of the grid of samples
MOST_CLASSES = 20  # rows of the grid of classes
WAYS, STEPS = 6, 10  # of the interpolations, both ends included
RESEMBLING = 10  # samples that are shown with their neighbours
RANKS = ("nearest training image", "second nearest", "third nearest")
BOUNDS = (0.5, 1.0, 2.0, NO_TRUNCATION)
UNBOUND = "none"
Sample = Callable[[Tensor, Tensor | None], Tensor]
LATENTS = COLUMNS * LINES  # that these pictures are made of


def grid(samples: Tensor) -> Image.Image:
    """The first samples, none chosen."""
    return sheet({"samples, none chosen": samples[: COLUMNS * LINES]}, COLUMNS)


def class_grid(
    sample: Sample,
    latents: Tensor,
    names: Sequence[str],  # of the classes
) -> Image.Image:
    """A row a class, under its name; the same latents in every row. Of many classes some, evenly spread."""
    shown = spread(np.arange(len(names)), MOST_CLASSES)
    few = latents[:COLUMNS]
    told = torch.from_numpy(shown).repeat_interleave(len(few))
    made = sample(few.repeat(len(shown), 1), told).split(len(few))
    titles = [names[number] for number in shown]
    if len(shown) < len(names):
        titles[0] += f" ({len(shown)} of {len(names)} classes, evenly spread)"
    return sheet(dict(zip(titles, made, strict=True)))


def class_interpolation(
    sample: Sample,
    latents: Tensor,
    names: Sequence[str],  # of the classes, two at least
    classes: int,  # that the recipe knows, len(names) or more
) -> Image.Image:
    """A line a pair of neighbouring classes: one latent, told ever less of the one and more of the other, weights (1 - t, t)."""
    share = torch.linspace(0, 1, STEPS)[:, None]
    rows = {}
    for latent, number in zip(latents, spread(np.arange(len(names) - 1), WAYS).tolist(), strict=False):
        start, end = class_weights(torch.tensor([number, number + 1]), classes)
        title = f"{names[number]} to {names[number + 1]}, the same latent"
        rows[title] = sample(latent.expand(STEPS, -1), (1 - share) * start + share * end)
    return sheet(rows, STEPS)


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


def truncation_curve(
    scores: Mapping[str, Mapping[str, float]],  # bound, or UNBOUND -> kid_in_domain, precision, recall; the widest first
) -> Panels:
    """KID, precision and recall against the bound, at even distances: truncation trades variety for quality.

    Brock et al. 2018 (arXiv:1809.11096), section 3.1.
    """
    bounds = list(scores)[::-1]  # as they grow, none at the right

    def line(name: str, factor: float = 1.0) -> tuple[float, ...]:
        return tuple(scores[bound][name] * factor for bound in bounds)

    places, below = tuple(map(float, range(len(bounds)))), "latents truncated to [-bound, bound]"
    return Panels(
        (
            Curve(places, {"KID": line("kid_in_domain", 1000)}, (below, "KID x 1,000, in the classifier's features"), ticks=tuple(bounds)),
            Curve(places, {name: line(name) for name in ("precision", "recall")}, (below, "share of images"), ticks=tuple(bounds)),
        )
    )


def bound_name(bound: float) -> str:
    return "no truncation" if math.isinf(bound) else f"latents truncated to [-{bound:g}, {bound:g}]"

"""Pictures of what a recipe samples: many samples, ways between them, what they resemble, truncation, and classes.

`sample` is the recipe's: latents (N, latent_size), labels (N,), weights of the classes (N, classes), or None -> images (N, C, H, W) in
[-1, 1]. That of a recipe which truncates styles also takes psi.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from genlab.engine.capabilities import Truncated
from genlab.images.feeding.order import evenly_spaced
from genlab.images.pixels import to_channels_first, to_unit
from genlab.images.prepared_set import PreparedSet
from genlab.networks.labels import class_weights
from genlab.networks.latents import NO_TRUNCATION, spherical_interpolation, truncated
from genlab.pictures.sheets import sheet
from genlab.pictures.views import Curve, Panels

COLUMNS, LINES = 12, 6  # of the grid of samples
MOST_CLASSES = 20  # rows of the grid of classes
WAYS, STEPS = 6, 10  # of the interpolations, both ends included
RESEMBLING = 10  # samples that are shown with their neighbours
RANKS = ("nearest training image", "second nearest", "third nearest")
UNBOUND = "none"
Sample = Callable[..., Tensor]
LATENTS = COLUMNS * LINES  # that these pictures are made of


class Truncation(NamedTuple):
    """What is truncated for samples that are more typical and less varied, how far, and what that is called."""

    scored: tuple[float, ...]  # the values that samples are scored at, from none of it on
    shown: tuple[float, ...]  # those of the picture's rows, down to none of it
    axis: str  # what the values are, below a curve
    title: Callable[[float], str]  # of a row
    samples: Callable[[Sample, Tensor, Tensor | None, Sequence[float]], Sequence[Tensor]]  # of the same latents and labels at each value


def by_bounds(sample: Sample, latents: Tensor, labels: Tensor | None, bounds: Sequence[float]) -> Sequence[Tensor]:
    """In one call: in other batches the last bits differ."""
    told = None if labels is None else labels.repeat(len(bounds))
    return sample(torch.cat([truncated(latents, bound) for bound in bounds]), told).split(len(latents))


def by_psi(sample: Sample, latents: Tensor, labels: Tensor | None, psis: Sequence[float]) -> Sequence[Tensor]:
    return [sample(latents, labels, psi) for psi in psis]


def bound_title(bound: float) -> str:
    return "no truncation" if math.isinf(bound) else f"latents truncated to [-{bound:g}, {bound:g}]"


BOUNDS = Truncation(
    scored=(NO_TRUNCATION, 2.0, 1.5, 1.0, 0.75, 0.5, 0.25),
    shown=(0.5, 1.0, 2.0, NO_TRUNCATION),
    axis="latents truncated to [-bound, bound]",
    title=bound_title,
    samples=by_bounds,
)
PSIS = Truncation(  # of styles, genlab.networks.style.Generator.truncate
    scored=(1.0, 0.9, 0.8, 0.7, 0.5, 0.3),
    shown=(0.0, 0.3, 0.5, 0.7, 1.0),
    axis="psi, the share of the styles' distance from their mean",
    title="psi = {:g}".format,
    samples=by_psi,
)
TRUNCATIONS = {Truncated.LATENTS: BOUNDS, Truncated.STYLES: PSIS}  # by what a recipe truncates


def grid(samples: Tensor) -> Image.Image:
    """The first samples, none chosen."""
    return sheet({"samples, none chosen": samples[: COLUMNS * LINES]}, COLUMNS)


def class_grid(
    sample: Sample,
    latents: Tensor,
    names: Sequence[str],  # of the classes
) -> Image.Image:
    """One row per class, under its name, from the same latents. Of more than MOST_CLASSES classes as many, evenly spread."""
    shown = evenly_spaced(np.arange(len(names)), MOST_CLASSES)
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
    """One line per pair of neighbouring classes: one latent, given the classes' weights (1 - t, t)."""
    share = torch.linspace(0, 1, STEPS)[:, None]
    rows = {}
    for latent, number in zip(latents, evenly_spaced(np.arange(len(names) - 1), WAYS).tolist(), strict=False):
        start, end = class_weights(torch.tensor([number, number + 1]), classes)
        title = f"{names[number]} to {names[number + 1]}, the same latent"
        rows[title] = sample(latent.expand(STEPS, -1), (1 - share) * start + share * end)
    return sheet(rows, STEPS)


def interpolation(sample: Sample, latents: Tensor, labels: Tensor | None = None) -> Image.Image:
    """One line per pair of latents: from the first to the second on a great circle, given the label of the first."""
    ways = spherical_interpolation(latents[:WAYS], latents[WAYS : 2 * WAYS], STEPS)
    told = None if labels is None else labels[:WAYS].repeat_interleave(STEPS)
    return sheet({"from one latent to another, on a great circle": sample(ways.flatten(0, 1), told)}, STEPS)


def neighbours(
    samples: Tensor,
    indices: np.ndarray,  # (N, K): each sample's nearest training images, the nearest first, K up to 3
    images: PreparedSet,
) -> Image.Image:
    """One column per sample: the sample, and below it the training images nearest to it. Copies would show."""
    samples, indices = samples[:RESEMBLING], indices[:RESEMBLING]
    rows = {"sample": samples}
    for name, found in zip(RANKS, indices.T, strict=False):
        rows[name] = to_unit(to_channels_first(images.images[found]))
    return sheet(rows)


def truncation(sample: Sample, latents: Tensor, labels: Tensor | None = None, by: Truncation = BOUNDS) -> Image.Image:
    """One row per value: the same latents, truncated less from row to row."""
    told = None if labels is None else labels[:COLUMNS]
    made = by.samples(sample, latents[:COLUMNS], told, by.shown)
    return sheet({by.title(value): images for value, images in zip(by.shown, made, strict=True)})


def truncation_curve(
    scores: Mapping[str, Mapping[str, float]],  # value, or UNBOUND -> kid_<features>, precision, recall; the widest first
    by: Truncation = BOUNDS,
) -> Panels:
    """KID, precision and recall against the value, at even distances: truncation trades variety for quality.

    Brock et al. 2018 (arXiv:1809.11096), section 3.1.
    """
    values = tuple(scores)[::-1]  # as they grow, none at the right
    kid = next(iter(scores[values[0]]))
    features = "the classifier's features" if kid == "kid_in_domain" else f"features of {kid.removeprefix('kid_')}"

    def line(name: str, factor: float = 1.0) -> tuple[float, ...]:
        return tuple(scores[value][name] * factor for value in values)

    places = tuple(map(float, range(len(values))))
    return Panels(
        (
            Curve(places, {"KID": line(kid, 1000)}, (by.axis, f"KID x 1,000, in {features}"), ticks=values),
            Curve(places, {name: line(name) for name in ("precision", "recall")}, (by.axis, "share of images"), ticks=values),
        )
    )


def value_name(value: float) -> str:
    """Of a truncation, as scores have it."""
    return UNBOUND if math.isinf(value) else f"{value:g}"

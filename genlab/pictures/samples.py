"""Pictures of samples: grids, interpolations, nearest training images, truncation, and classes.

In these functions, `sample` is the sampling function of a recipe: latents (N, latent_size), and labels (N,), class weights (N, classes)
or None -> images (N, C, H, W) in [-1, 1]. The sampling function of a recipe that truncates styles also takes psi.
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
MOST_CLASSES = 20  # maximum number of rows of the grid of classes
WAYS, STEPS = 6, 10  # interpolations, and images per interpolation, both ends included
RESEMBLING = 10  # samples that are shown with their nearest training images
RANKS = ("nearest training image", "second nearest", "third nearest")
UNBOUND = "none"
Sample = Callable[..., Tensor]
LATENTS = COLUMNS * LINES  # number of latents that these pictures need


class Truncation(NamedTuple):
    """A kind of truncation, which makes samples more typical and less varied: its values, titles, and how to sample with it."""

    scored: tuple[float, ...]  # values at which samples are scored; the first is no truncation
    shown: tuple[float, ...]  # values of the rows of the picture; the last is no truncation
    axis: str  # label of the horizontal axis of a curve over the values
    title: Callable[[float], str]  # value -> title of its row
    samples: Callable[[Sample, Tensor, Tensor | None, Sequence[float]], Sequence[Tensor]]  # sample, latents, labels, values -> images each


def by_bounds(sample: Sample, latents: Tensor, labels: Tensor | None, bounds: Sequence[float]) -> Sequence[Tensor]:
    """Sample with latents truncated to [-bound, bound], for each bound -> images (N, C, H, W) per bound.

    All images are sampled in one call, because in batches of other sizes their last bits would differ.
    """
    repeated = None if labels is None else labels.repeat(len(bounds))
    images = sample(torch.cat([truncated(latents, bound) for bound in bounds]), repeated)
    parts: Sequence[Tensor] = images.split(len(latents))
    return parts


def by_psi(sample: Sample, latents: Tensor, labels: Tensor | None, psis: Sequence[float]) -> Sequence[Tensor]:
    """Sample with styles truncated by each psi -> images (N, C, H, W) per psi."""
    return [sample(latents, labels, psi) for psi in psis]


def bound_title(bound: float) -> str:
    """Return the title of a row of samples whose latents are truncated to [-bound, bound]; an infinite bound is no truncation."""
    return "no truncation" if math.isinf(bound) else f"latents truncated to [-{bound:g}, {bound:g}]"


BOUNDS = Truncation(
    scored=(NO_TRUNCATION, 2.0, 1.5, 1.0, 0.75, 0.5, 0.25),
    shown=(0.5, 1.0, 2.0, NO_TRUNCATION),
    axis="latents truncated to [-bound, bound]",
    title=bound_title,
    samples=by_bounds,
)
PSIS = Truncation(  # truncation of styles, see genlab.networks.style.Generator.truncate
    scored=(1.0, 0.9, 0.8, 0.7, 0.5, 0.3),
    shown=(0.0, 0.3, 0.5, 0.7, 1.0),
    axis="psi, the share of the styles' distance from their mean",
    title="psi = {:g}".format,
    samples=by_psi,
)
TRUNCATIONS = {Truncated.LATENTS: BOUNDS, Truncated.STYLES: PSIS}  # what a recipe truncates -> kind of truncation


def grid(samples: Tensor) -> Image.Image:
    """Draw a grid of the first samples, not selected by hand."""
    return sheet({"samples of seed 0, 1, 2, ..., none chosen": samples[: COLUMNS * LINES]}, COLUMNS)


def class_grid(
    sample: Sample,
    latents: Tensor,
    names: Sequence[str],  # of the classes
) -> Image.Image:
    """Draw one row of samples per class, below the name of the class, all from the same latents.

    With more than MOST_CLASSES classes, the grid shows MOST_CLASSES evenly spaced ones.
    """
    shown = evenly_spaced(np.arange(len(names)), MOST_CLASSES)
    few = latents[:COLUMNS]
    labels = torch.from_numpy(shown).repeat_interleave(len(few))
    made = sample(few.repeat(len(shown), 1), labels).split(len(few))
    titles = [names[number] for number in shown]
    if len(shown) < len(names):
        titles[0] += f" ({len(shown)} of {len(names)} classes, evenly spread)"
    return sheet(dict(zip(titles, made, strict=True)))


def class_interpolation(
    sample: Sample,
    latents: Tensor,
    names: Sequence[str],  # of the classes, at least two
    classes: int,  # number of classes of the recipe, at least len(names)
) -> Image.Image:
    """Draw one line per pair of adjacent classes: one latent, with the weights of the two classes going from (1, 0) to (0, 1)."""
    share = torch.linspace(0, 1, STEPS)[:, None]
    rows = {}
    for latent, number in zip(latents, evenly_spaced(np.arange(len(names) - 1), WAYS).tolist(), strict=False):
        start, end = class_weights(torch.tensor([number, number + 1]), classes)
        title = f"{names[number]} to {names[number + 1]}, the same latent"
        rows[title] = sample(latent.expand(STEPS, -1), (1 - share) * start + share * end)
    return sheet(rows, STEPS)


def interpolation(sample: Sample, latents: Tensor, labels: Tensor | None = None) -> Image.Image:
    """Draw one line per pair of latents: interpolation from the first to the second on a great circle, with the label of the first."""
    paths = spherical_interpolation(latents[:WAYS], latents[WAYS : 2 * WAYS], STEPS)
    repeated = None if labels is None else labels[:WAYS].repeat_interleave(STEPS)
    return sheet({"from one latent to another, on a great circle": sample(paths.flatten(0, 1), repeated)}, STEPS)


def neighbours(
    samples: Tensor,
    indices: np.ndarray,  # (N, K), K <= 3: indices of the training images nearest to each sample, the nearest first
    images: PreparedSet,
) -> Image.Image:
    """Draw one column per sample: the sample, and below it the training images nearest to it, which reveals copies."""
    samples, indices = samples[:RESEMBLING], indices[:RESEMBLING]
    rows = {"sample": samples}
    for name, found in zip(RANKS, indices.T, strict=False):
        rows[name] = to_unit(to_channels_first(images.images[found]))
    return sheet(rows)


def truncation(sample: Sample, latents: Tensor, labels: Tensor | None = None, by: Truncation = BOUNDS) -> Image.Image:
    """Draw one row of samples per value of the truncation, all from the same latents, from the strongest truncation to none."""
    few_labels = None if labels is None else labels[:COLUMNS]
    made = by.samples(sample, latents[:COLUMNS], few_labels, by.shown)
    return sheet({by.title(value): images for value, images in zip(by.shown, made, strict=True)})


def truncation_curve(
    scores: Mapping[str, Mapping[str, float]],  # value, or UNBOUND -> kid_<features>, precision, recall; no truncation first
    by: Truncation = BOUNDS,
) -> Panels:
    """Plot KID, precision and recall against the value of the truncation, which trades variety for quality.

    The values are evenly spaced on the horizontal axis. Brock et al. 2018 (arXiv:1809.11096), section 3.1.
    """
    values = tuple(scores)[::-1]  # in increasing order, no truncation at the right
    kid = next(iter(scores[values[0]]))
    named = {"kid_in_domain": "the classifier's features", "kid": "features of the FID Inception network"}
    features = named.get(kid, f"features of {kid.removeprefix('kid_')}")

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
    """Return the name of a truncation's value, which is the name of its row of scores."""
    return UNBOUND if math.isinf(value) else f"{value:g}"

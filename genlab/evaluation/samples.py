"""Scores of samples against the held-out images, with two baselines: the untrained recipe, and training images."""

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, cast

import numpy as np
import torch
from torch import Tensor

from genlab.engine.capabilities import Samples, is_conditional
from genlab.engine.recipe import Recipe
from genlab.evaluation.further import certainty, named
from genlab.evaluation.reference import Reference
from genlab.evaluation.sampler import SAMPLING_SEED, batch_sampler
from genlab.evaluation.scores import Group, GroupName, RowName, Rows
from genlab.evaluation.seen import Observer, Seen, images_of
from genlab.evaluation.settings import Settings
from genlab.evaluation.statistics import within_reference
from genlab.extractors.classifier import Classifier
from genlab.extractors.contract import Named
from genlab.images.feeding.held_out import HeldOut
from genlab.images.feeding.order import evenly_spaced
from genlab.metrics.bins import difference
from genlab.metrics.distribution import distribution_scores
from genlab.metrics.memorisation import memorised
from genlab.metrics.neighbours import nearest
from genlab.networks.latents import normal
from genlab.pictures.samples import LATENTS, RANKS

log = logging.getLogger(__name__)


class Drawn(NamedTuple):
    """Inputs of the scored samples, and what was seen of them. N is the number of samples; M >= N also covers those of the pictures."""

    latents: Tensor  # (M, latent_size)
    labels: Tensor | None  # (M,), labels of the held-out images, repeated; None for an unconditional recipe
    first: Tensor  # (LATENTS, C, H, W) in [-1, 1], the first samples of the trained recipe, for pictures
    seen: dict[str, Seen]  # row -> N samples of the trained and of the untrained recipe, and training images
    held_out: Seen  # the held-out images of the reference


def draw_samples(
    trained: Recipe,
    untrained: Recipe,  # the same recipe before training
    reference: Reference,
    settings: Settings,
    observe: Observer,
    device: torch.device,  # device of both recipes
) -> Drawn:
    """Sample both recipes from the same latents and labels, and select as many training images as held-out ones, evenly spaced."""
    count = settings.samples or len(reference.test)
    log.info("drawing %s samples from the trained and from the untrained recipe", f"{count:,}")
    drawn = max(count, LATENTS)
    latents = normal(drawn, cast(Samples, trained).latent_size, SAMPLING_SEED)
    labels = torch.from_numpy(reference.labels)[torch.arange(drawn) % len(reference.test)] if is_conditional(trained) else None
    first: list[Tensor] = []
    seen: dict[str, Seen] = {}
    for name, recipe, most in ((RowName.GENERATED, trained, count), (RowName.UNTRAINED, untrained, min(count, settings.untrained))):
        kept = first if recipe is trained else []
        seen[name] = observe(pixels_of(batch_sampler(recipe, device)(latents, labels), most, kept), most)
    alike = evenly_spaced(np.arange(len(reference.train)), len(reference.test))
    batches = images_of(reference.images, reference.train[alike])
    seen[RowName.TRAINING_IMAGES] = observe(batches, len(alike), reference.training[alike])
    held_out = observe(images_of(reference.images, reference.test), len(reference.test), reference.features)
    return Drawn(latents, labels, torch.cat(first)[:LATENTS], seen, held_out)


def pixels_of(batches: Iterator[Tensor], count: int, first: list[Tensor]) -> Iterator[np.ndarray]:
    """Yield the first `count` images of batches (n, C, H, W) in [-1, 1] as uint8 (n, H, W, C), and keep at least LATENTS in `first`."""
    done = kept = 0
    for images in batches:
        if done >= count and kept >= LATENTS:
            return
        if kept < LATENTS:
            first.append(images)
            kept += len(images)
        if done < count:
            yield HeldOut.to_bytes(images[: count - done])
        done += len(images)


def sample_scores(
    drawn: Drawn,
    reference: Reference,
    extractor: Named,
    settings: Settings,
    cache: Path | None = None,  # folder of the statistics of the reference; None: they are computed again
) -> tuple[Group, np.ndarray]:
    """Compute the group `samples`, and for each sample the indices in the set of the K training images nearest to it, (N, K).

    The row of training images holds the best KID, precision and recall that a sampler can be expected to reach. A sampler that copies
    training images would reach them too; `nearest_training` exposes it. It is the median over the images of the distance to the nearest
    training image: 0 for copies, and for new images of the same kind about the value of the held-out images, whose row has no other
    score. A value well below it means that the samples are memorised, or less varied than real images, in which case recall is low too.
    `memorised` is the share of samples that are much nearer to one training image than to any other: copies. `ndb` is the share of bins
    of pixel space that an image set fills significantly more or less often than the held-out images do.
    """
    log.info("scoring them against %s held-out images", f"{len(reference.test):,}")
    rows = quality({name: seen.features for name, seen in drawn.seen.items()}, reference.features, extractor, settings, cache)
    for name, seen in drawn.seen.items():
        rows[name]["ndb"] = difference(seen.counts, drawn.held_out.counts).share
    resembling = {
        RowName.GENERATED: nearest(drawn.seen[RowName.GENERATED].features, reference.training, len(RANKS)),
        RowName.UNTRAINED: nearest(drawn.seen[RowName.UNTRAINED].features, reference.training, 2),
        RowName.HELD_OUT_IMAGES: nearest(reference.features, reference.training, 2),
    }
    for name, found in resembling.items():
        rows.setdefault(name, {})["nearest_training"] = float(np.median(found.distances[:, 0]))
        rows[name]["memorised"] = memorised(found.distances)
    return Group.from_json(GroupName.SAMPLES, rows), reference.train[resembling[RowName.GENERATED].indices]


def in_domain_scores(drawn: Drawn, classifier: Classifier, settings: Settings) -> Group:
    """Compute the group `in_domain`: scores in the features of a classifier trained on the set itself.

    Features learnt on ImageNet describe small grey images poorly. The Inception Score in the classes of the set is among them.
    """
    held_out = drawn.held_out.in_domain
    assert held_out is not None  # the observer had the classifier
    seen = {name: row.in_domain for name, row in drawn.seen.items() if row.in_domain is not None}
    rows = quality(seen, held_out, classifier, settings)
    for name, features in {**seen, RowName.HELD_OUT_IMAGES: held_out}.items():
        if own := named({"is": certainty(features, classifier)}, classifier):
            rows[name] = rows.get(name, {}) | own
    return Group.from_json(GroupName.IN_DOMAIN, rows)


def quality(rows: Mapping[str, np.ndarray], held_out: np.ndarray, extractor: Named, settings: Settings, cache: Path | None = None) -> Rows:
    """Features (N, D) by row, features (M, D) of the held-out images -> `distribution_scores`: {row: {score: value}}."""
    known = within_reference(held_out, settings.kid_subsets, cache)
    return {name: distribution_scores(seen, held_out, extractor, settings.kid_subsets, known) for name, seen in rows.items()}

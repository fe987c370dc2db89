"""Scores of samples against the held-out images, with two baselines: the untrained recipe, and training images."""

import logging
from collections.abc import Mapping
from typing import NamedTuple, cast

import numpy as np
import torch
from torch import Tensor

from genlab.engine.capabilities import Samples, is_conditional
from genlab.engine.recipe import Recipe
from genlab.engine.stream import Batch
from genlab.errors import InputError
from genlab.evaluation.sampler import sampler
from genlab.evaluation.scores import Group, GroupName, RowName, Rows
from genlab.evaluation.settings import BINS, LARGEST_SUBSET, SAMPLING_SEED, SUBSET_SEED
from genlab.extractors.classifier import Classifier
from genlab.extractors.contract import Extractor
from genlab.images.feeding.held_out import FEWEST, HeldOut
from genlab.images.feeding.order import evenly_spaced
from genlab.images.prepared_set import PreparedSet
from genlab.metrics.bins import bins_of
from genlab.metrics.distribution import distribution_scores
from genlab.metrics.manifold import precision, recall
from genlab.metrics.neighbours import nearest
from genlab.networks.latents import normal
from genlab.pictures.samples import LATENTS, RANKS

log = logging.getLogger(__name__)


class Drawn(NamedTuple):
    """Samples to be scored and their inputs. N is the number of held-out images; M >= N also covers the images that pictures need."""

    latents: Tensor  # (M, latent_size)
    labels: Tensor | None  # (M,), labels of the held-out images, repeated; None for an unconditional recipe
    samples: Tensor  # (M, C, H, W) in [-1, 1], of the trained recipe
    pixels: dict[str, np.ndarray]  # row -> uint8 (N, H, W, C): samples of the trained and of the untrained recipe, and training images
    like_test: np.ndarray  # (N,), indices in the set of the training images in `pixels`


def check_counts(images: PreparedSet) -> None:
    """Check that a set has enough held-out and training images to score samples.

    Raises:
        InputError: fewer than two images are held out, or there are fewer than two training images.
    """
    held_out, training = len(images.indices("test")), len(images.indices("train"))
    if held_out < FEWEST:
        raise InputError(
            f"Image set '{images.name}' holds out {held_out} images; scoring needs at least {FEWEST}. "
            "Add images, or raise the share `test`."
        )
    if training < FEWEST:
        raise InputError(
            f"Image set '{images.name}' has {training} training images; scoring needs at least {FEWEST}. "
            "Add images, or lower the share `test`."
        )


def draw_samples(
    trained: Recipe,
    untrained: Recipe,  # the same recipe before training
    images: PreparedSet,
    held_out: Batch,  # held-out images of the set, on the device of both recipes
) -> Drawn:
    """Sample both recipes from the same latents and labels, and select as many training images, evenly spaced."""
    test, device = images.indices("test"), held_out["image"].device
    log.info("drawing %s samples from the trained and from the untrained recipe", f"{len(test):,}")
    count = max(len(test), LATENTS)
    latents = normal(count, cast(Samples, trained).latent_size, SAMPLING_SEED)
    labels = held_out["label"].cpu()[torch.arange(count) % len(test)] if is_conditional(trained) else None
    samples = sampler(trained, device)(latents, labels)
    like_test = evenly_spaced(images.indices("train"), len(test))
    pixels: dict[str, np.ndarray] = {
        RowName.GENERATED: HeldOut.to_bytes(samples[: len(test)]),
        RowName.UNTRAINED: HeldOut.to_bytes(sampler(untrained, device)(latents, labels)[: len(test)]),
        RowName.TRAINING_IMAGES: images.images[like_test],
    }
    return Drawn(latents, labels, samples, pixels, like_test)


def sample_scores(
    pixels: Mapping[str, np.ndarray],  # as `Drawn.pixels`
    seen: Mapping[str, np.ndarray],  # the same rows -> features (N, D)
    features: np.ndarray,  # of all images of the set
    images: PreparedSet,
    extractor: Extractor,
) -> tuple[Group, np.ndarray]:
    """Compute the group `samples`, and for each sample the indices in the set of the K training images nearest to it, (N, K).

    The row of training images holds the best KID, precision and recall that a sampler can be expected to reach. A sampler that copies
    training images would reach them too; `nearest_training` exposes it. It is the median over the images of the distance to the nearest
    training image: 0 for copies, and for new images of the same kind about the value of the held-out images, whose row has no other
    score. A value well below it means that the samples are memorised, or less varied than real images, in which case recall is low too.
    `ndb` is the share of bins of pixel space that an image set fills significantly more or less often than the held-out images do.
    """
    test, train = images.indices("test"), images.indices("train")
    log.info("scoring them against %s held-out images", f"{len(test):,}")
    rows = quality(seen, features[test], extractor)
    bins, truth = bins_of(flat(images.images[train]), BINS), flat(images.images[test])
    for name, made in pixels.items():
        rows[name]["ndb"] = bins.different(flat(made), truth).share
    training = features[train]
    resembling = {
        RowName.GENERATED: nearest(seen[RowName.GENERATED], training, len(RANKS)),
        RowName.UNTRAINED: nearest(seen[RowName.UNTRAINED], training),
        RowName.HELD_OUT_IMAGES: nearest(features[test], training),
    }
    for name, found in resembling.items():
        rows.setdefault(name, {})["nearest_training"] = float(np.median(found.distances[:, 0]))
    return Group.from_json(GroupName.SAMPLES, rows), train[resembling[RowName.GENERATED].indices]


def in_domain_scores(pixels: Mapping[str, np.ndarray], images: PreparedSet, classifier: Classifier) -> Group:
    """Compute the group `in_domain`: scores in the features of a classifier trained on the set itself.

    Features learnt on ImageNet describe small grey images poorly.
    """
    seen = {name: classifier(made) for name, made in pixels.items()}
    return Group.from_json(GroupName.IN_DOMAIN, quality(seen, classifier(images.images[images.indices("test")]), classifier))


def quality(rows: Mapping[str, np.ndarray], held_out: np.ndarray, extractor: Extractor | Classifier) -> Rows:
    """Features (N, D) by row, features (M, D) of the held-out images -> KID, FID, precision and recall: {row: {score: value}}."""
    return {
        name: distribution_scores(seen, held_out, extractor, SUBSET_SEED, LARGEST_SUBSET)
        | {"precision": precision(held_out, seen), "recall": recall(held_out, seen)}
        for name, seen in rows.items()
    }


def flat(pixels: np.ndarray) -> np.ndarray:
    """uint8 (N, H, W, C) -> (N, H x W x C)."""
    return pixels.reshape(len(pixels), -1)

"""As many samples as there are held-out images, compared with these and with two baselines: the untrained recipe, and training images."""

import logging
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from genlab.engine.capabilities import is_conditional
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
    """What was sampled. N is the number of held-out images; M is N, or what the pictures need if that is more."""

    latents: Tensor  # (M, latent_size)
    labels: Tensor | None  # (M,), those of the held-out images; None for a recipe that takes none
    samples: Tensor  # (M, C, H, W) in [-1, 1], the trained recipe's
    pixels: dict[str, np.ndarray]  # by row: uint8 (N, H, W, C), the trained recipe's, the untrained one's, and training images
    like_test: np.ndarray  # (N,), indices of these training images in the set


def check_counts(images: PreparedSet) -> None:
    """Whether there are enough images to compare.

    Raises:
        InputError: there are not.
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
    held_out: Batch,  # the set's held-out images, on the recipes' device
) -> Drawn:
    """Samples of both recipes from the same latents and labels, and as many training images, evenly spread."""
    test, device = images.indices("test"), held_out["image"].device
    log.info("%s samples, and as many of the untrained recipe", f"{len(test):,}")
    count = max(len(test), LATENTS)
    latents = normal(count, trained.latent_size, SAMPLING_SEED)
    labels = held_out["label"].cpu()[torch.arange(count) % len(test)] if is_conditional(trained) else None
    samples = sampler(trained, device)(latents, labels)
    like_test = evenly_spaced(images.indices("train"), len(test))
    pixels = {
        RowName.GENERATED: HeldOut.to_bytes(samples[: len(test)]),
        RowName.UNTRAINED: HeldOut.to_bytes(sampler(untrained, device)(latents, labels)[: len(test)]),
        RowName.TRAINING_IMAGES: images.images[like_test],
    }
    return Drawn(latents, labels, samples, pixels, like_test)


def sample_scores(
    pixels: Mapping[str, np.ndarray],  # Drawn.pixels
    seen: Mapping[str, np.ndarray],  # the same rows -> features (N, D)
    features: np.ndarray,  # of all the set's images
    images: PreparedSet,
    extractor: Extractor,
) -> tuple[Group, np.ndarray]:
    """Scores of the samples, and the indices in the set of the training images that resemble each most, (N, K).

    Training images are what a perfect sampler would give, so their KID, precision and recall are the best that can be hoped for. A
    sampler that copies them would score as well: `nearest_training` shows it, the median over the images of the distance to the nearest
    training image. Copies are at 0, and new images of the same kind where the held-out images are, whose row has this score alone. Well
    below theirs, samples are remembered, or more alike than real images are: then recall is low too. `ndb` is the share of bins of pixel
    space that an image set fills significantly more or less than the held-out images do.
    """
    test, train = images.indices("test"), images.indices("train")
    log.info("their scores, against %s held-out images", f"{len(test):,}")
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
    """Scores in the features of a classifier of the set's own classes: ImageNet's are a poor description of small grey images."""
    seen = {name: classifier(made) for name, made in pixels.items()}
    return Group.from_json(GroupName.IN_DOMAIN, quality(seen, classifier(images.images[images.indices("test")]), classifier))


def quality(rows: Mapping[str, np.ndarray], held_out: np.ndarray, extractor: Extractor | Classifier) -> Rows:
    """Features (N, D) by row, and of the held-out images (N, D) -> {row: {score: value}}: KID, FID, precision, recall."""
    return {
        name: distribution_scores(seen, held_out, extractor, SUBSET_SEED, LARGEST_SUBSET)
        | {"precision": precision(held_out, seen), "recall": recall(held_out, seen)}
        for name, seen in rows.items()
    }


def flat(pixels: np.ndarray) -> np.ndarray:
    """uint8 (N, H, W, C) -> (N, H x W x C)."""
    return pixels.reshape(len(pixels), -1)

"""Scores of a recipe that samples given labels: whether its images show them, class by class."""

import logging
from collections.abc import Mapping

import numpy as np
import torch

from genlab.evaluation.scores import Group, GroupName, RowName, Rows, kid_of
from genlab.evaluation.settings import SUBSET_SEED
from genlab.extractors.classifier import Classifier
from genlab.extractors.classifier_training import fit
from genlab.images.feeding.held_out import FEWEST, HeldOut
from genlab.images.feeding.order import evenly_spaced
from genlab.images.feeding.source import labels
from genlab.images.prepared_set import PreparedSet
from genlab.metrics.kernel import kernel_distance
from genlab.networks.latents import normal
from genlab.pictures.samples import Sample

MOST_GENERATED = 20_000  # images that a classifier is trained on for its accuracy score
TRAINING_LATENTS_SEED = 1  # of these images; not that of the scored samples
MADE = (RowName.GENERATED, RowName.UNTRAINED)  # rows of images that were made given the labels of the held-out ones

log = logging.getLogger(__name__)


def has_classes(images: PreparedSet) -> bool:
    """Whether a classifier can learn something from the training images: they are of two classes at least."""
    numbers = labels(images)
    return numbers is not None and len(set(numbers[images.indices("train")])) > 1


def class_groups(
    sample: Sample,  # the trained recipe's
    latent_size: int,
    made: Mapping[str, np.ndarray],  # at least the rows MADE -> uint8 (N, H, W, C), made given the labels of the held-out images
    seen: Mapping[str, np.ndarray],  # the same rows -> features (N, D)
    features: np.ndarray,  # of all the set's images
    images: PreparedSet,
    classifier: Classifier,  # trained on the set's training images
    extractor: str,  # name of the one that the features are from
) -> list[Group]:
    """Scores by the classifier, and KID within classes, whose means also stand in the first group as `kid_<extractor>_within`."""
    scores = class_scores(sample, latent_size, made, images, classifier)
    within = kid_within_classes({name: seen[name] for name in MADE}, features, images)
    if not within:
        return [Group.from_json(GroupName.CLASSES, scores)]
    for name in MADE:
        scores[name][f"{kid_of(extractor)}_within"] = float(np.mean(list(within[name].values())))
    return [Group.from_json(GroupName.CLASSES, scores), Group.from_json(GroupName.KID_WITHIN_CLASSES, within)]


def class_scores(
    sample: Sample,  # the trained recipe's
    latent_size: int,
    made: Mapping[str, np.ndarray],  # at least the rows MADE -> uint8 (N, H, W, C), made given the labels of the held-out images
    images: PreparedSet,
    classifier: Classifier,  # trained on the set's training images
) -> Rows:
    """Whether images show the label that they were made with, and all that belongs to it: shares in [0, 1].

    `recognised`: images that a classifier trained on real ones assigns to their label; GAN-test of Shmelkov et al. 2018
    (arXiv:1807.09499). One good image per class is enough for it. `cas`, classification accuracy score: held-out images that the same
    classifier, trained on generated ones, recognises; it also misses what a class's images leave out. Ravuri & Vinyals 2019
    (arXiv:1905.10887), there with a ResNet-50. The row of held-out images is the accuracy on them of the classifier trained on real
    images, the same number twice: the ceiling of `cas`, but not of `recognised`, for samples can be more clear-cut than real images. The
    untrained recipe has no `cas`, which takes a training.
    """
    numbers, test = labels(images), images.indices("test")
    real, truth = images.images[test], numbers[test]
    ceiling = classifier.accuracy(real, truth)
    scores: Rows = {name: {"recognised": classifier.accuracy(made[name], truth)} for name in MADE}
    like = training_like(images)
    log.info("a classifier trained on %s generated images, scored on the held-out ones", f"{len(like):,}")
    given = torch.from_numpy(numbers[like])
    pixels = HeldOut.to_bytes(sample(normal(len(like), latent_size, TRAINING_LATENTS_SEED), given))
    taught = fit(pixels, given.numpy(), len(images.classes), SUBSET_SEED, "generated images")
    scores[RowName.GENERATED]["cas"] = taught.accuracy(real, truth)
    scores[RowName.HELD_OUT_IMAGES] = {"recognised": ceiling, "cas": ceiling}
    return scores


def training_like(images: PreparedSet) -> np.ndarray:
    """The training images whose labels are given for `cas`: all of them, or MOST_GENERATED, evenly spread."""
    return evenly_spaced(images.indices("train"), MOST_GENERATED)


def kid_within_classes(
    rows: Mapping[str, np.ndarray],  # features (N, D) of images that were made given the labels of the held-out ones
    features: np.ndarray,  # of all the set's images
    images: PreparedSet,
) -> Rows:
    """KID of each class's images against the held-out ones of the class, {row: {class: value}}; one more row for as many training images.

    A recipe that ignores its labels scores well on all images together, and badly here. A class of which fewer than two images are held
    out is left out, and so is it from the row of training images if these are fewer; {} if no class is left.
    """
    numbers, test, train = labels(images), images.indices("test"), images.indices("train")
    scores: Rows = {name: {} for name in (*rows, RowName.TRAINING_IMAGES)}
    for number, title in enumerate(images.classes):
        held_out = np.flatnonzero(numbers[test] == number)
        if len(held_out) < FEWEST:
            continue
        same = evenly_spaced(train[numbers[train] == number], len(held_out))
        seen = {name: found[held_out] for name, found in rows.items()} | {RowName.TRAINING_IMAGES: features[same]}
        for name, found in seen.items():
            if len(found) >= FEWEST:
                scores[name][title] = kernel_distance(features[test[held_out]], found)
    return scores if any(scores.values()) else {}

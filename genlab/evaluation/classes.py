"""Scores of a class-conditional recipe: whether its samples show the classes they were generated for, and their quality by class."""

import logging
from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor

from genlab.engine.in_order import Batches
from genlab.evaluation.reference import Reference
from genlab.evaluation.scores import Group, GroupName, RowName, Rows, kid_of
from genlab.evaluation.seen import Seen, small
from genlab.evaluation.settings import SUBSET_SEED, Settings
from genlab.extractors.classifier import Classifier
from genlab.extractors.classifier_training import fit
from genlab.images.feeding.held_out import FEWEST, HeldOut
from genlab.images.feeding.order import evenly_spaced
from genlab.images.feeding.source import labels
from genlab.images.prepared_set import PreparedSet
from genlab.metrics.kernel import kernel_distance
from genlab.networks.latents import normal

TRAINING_LATENTS_SEED = 1  # seed of the latents of the images for `cas`; differs from the seed of the scored samples
MADE = (RowName.GENERATED, RowName.UNTRAINED)  # rows whose images were generated from the labels of the held-out images

log = logging.getLogger(__name__)


def has_classes(images: PreparedSet) -> bool:
    """Return whether the training images are labelled and have at least two classes, so that a classifier can be trained on them."""
    numbers = labels(images)
    return numbers is not None and len(set(numbers[images.indices("train")])) > 1


def class_groups(
    taught: np.ndarray,  # the images of `taught_images`
    seen: Mapping[str, Seen],  # row (at least those in MADE) -> N samples
    given: np.ndarray,  # the labels that the samples of all rows were generated from, in their order
    reference: Reference,
    classifier: Classifier,  # trained on the training images of the set
    extractor: str,  # name of the extractor that computed the features
    settings: Settings,
) -> list[Group]:
    """Compute the groups `classes` and `kid_within_classes`.

    The mean over the classes of the KID within classes is also a score of the group `classes`, named `kid_<extractor>_within`. The second
    group is missing where no class has enough held-out images.
    """
    found = {name: seen[name].in_domain for name in MADE}
    in_domain: dict[str, np.ndarray] = {name: rows for name, rows in found.items() if rows is not None}
    scores = class_scores(taught, in_domain, given, reference, classifier, settings)
    within = kid_within_classes({name: seen[name].features for name in MADE}, given, reference)
    if not within:
        return [Group.from_json(GroupName.CLASSES, scores)]
    for name in MADE:
        scores[name][f"{kid_of(extractor)}_within"] = float(np.mean(list(within[name].values())))
    return [Group.from_json(GroupName.CLASSES, scores), Group.from_json(GroupName.KID_WITHIN_CLASSES, within)]


def class_scores(
    taught: np.ndarray,  # uint8 (K, H', W', C), the images of `taught_images`
    in_domain: Mapping[str, np.ndarray],  # row (those in MADE) -> features (N, D) of the classifier
    given: np.ndarray,  # the labels that the samples of all rows were generated from, in their order
    reference: Reference,
    classifier: Classifier,  # trained on the training images of the set
    settings: Settings,
) -> Rows:
    """Compute how well samples show the class of their label and cover that class: shares of images in [0, 1].

    - `recognised`: the share of samples that a classifier trained on real images assigns to their label; the GAN-test of Shmelkov et al.
      2018 (arXiv:1807.09499). One good image per class is enough for a perfect score.
    - `cas`, the classification accuracy score: the share of held-out images that a classifier of the same architecture, trained on
      generated images, assigns to their label. It also drops where the samples of a class lack variety. Ravuri & Vinyals 2019
      (arXiv:1905.10887), who use a ResNet-50. The untrained recipe has no `cas`, because the score requires training a classifier.

    Both scores of the row of held-out images are the accuracy of the real-trained classifier on the held-out images. It is the ceiling of
    `cas`, but not of `recognised`: samples can be more clear-cut than real images.
    """
    images = reference.images
    scores: Rows = {}
    for name, rows in in_domain.items():
        scores[name] = {"recognised": float((classifier.assigned(rows) == given[: len(rows)]).mean())}
    numbers = labels(images)
    assert numbers is not None  # the classifier was trained on them
    like = training_like(images, settings)
    log.info("training a classifier on %s generated images, to score it on the held-out images", f"{len(like):,}")
    learnt = fit(taught, numbers[like], len(images.classes), SUBSET_SEED, "generated images", settings.classifier)
    real = images.images[reference.test]
    ceiling = classifier.accuracy(real, reference.labels)
    scores[RowName.GENERATED]["cas"] = learnt.accuracy(real, reference.labels)
    scores[RowName.HELD_OUT_IMAGES] = {"recognised": ceiling, "cas": ceiling}
    return scores


def taught_images(
    batches: Callable[[Tensor, Tensor], Batches[Tensor]],  # latents, labels -> images of the trained recipe
    latent_size: int,
    images: PreparedSet,
    settings: Settings,
) -> Batches[np.ndarray]:
    """Generate the images on which the classifier of `cas` is trained, uint8 (n, H', W', C) with sides of at most 32 px."""
    numbers = labels(images)
    assert numbers is not None  # a conditional recipe trains on labelled sets only
    like = training_like(images, settings)
    made = batches(normal(len(like), latent_size, TRAINING_LATENTS_SEED), torch.from_numpy(numbers[like]))
    return made.mapped(lambda batch: small(HeldOut.to_bytes(batch)))


def training_like(images: PreparedSet, settings: Settings) -> np.ndarray:
    """Return the indices of the training images whose labels condition the samples for `cas`: all, or evenly spaced ones."""
    return evenly_spaced(images.indices("train"), settings.taught)


def kid_within_classes(
    rows: Mapping[str, np.ndarray],  # row -> features (N, D) of generated images
    given: np.ndarray,  # the labels that the images of all rows were generated from, in their order
    reference: Reference,
) -> Rows:
    """Compute the KID between the images of each class and the held-out images of that class: {row: {class: value}}.

    A further row scores training images, as many per class as are held out. A recipe that ignores its labels scores well on all images
    together, but badly here. A class with fewer than two held-out images is skipped, and one with fewer than two images of a row is
    skipped in that row. Returns {} if no class is left.
    """
    numbers = labels(reference.images)
    assert numbers is not None  # classes have labels
    scores: Rows = {name: {} for name in (*rows, RowName.TRAINING_IMAGES)}
    for number, title in enumerate(reference.images.classes):
        held_out = np.flatnonzero(reference.labels == number)
        if len(held_out) < FEWEST:
            continue
        same = evenly_spaced(np.flatnonzero(numbers[reference.train] == number), len(held_out))
        seen = {name: found[given[: len(found)] == number] for name, found in rows.items()}
        seen[RowName.TRAINING_IMAGES] = reference.training[same]
        for name, found in seen.items():
            if len(found) >= FEWEST:
                scores[name][title] = kernel_distance(reference.features[held_out], found)
    return scores if any(scores.values()) else {}

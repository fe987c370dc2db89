"""Scores of a recipe that is told labels: whether its images show them, class by class; and what truncation does to all of them."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from pipelines.evaluation.nodes import SUBSET_SEED

MOST_GENERATED = 20_000  # images that a classifier is trained on for its accuracy score
TRAINING_LATENTS_SEED = 1  # of these images; not that of the scored samples
MOST_TRUNCATED = 2000  # images a value

log = logging.getLogger(__name__)
Rows = dict[str, dict[str, float]]


def has_classes(
    images: Any,  # a genlab.images.prepared_set.PreparedSet
) -> bool:
    """Whether a classifier can learn something from the training images: they are of two classes at least."""
    from genlab.images.stream import labels

    numbers = labels(images)
    return numbers is not None and len(set(numbers[images.indices("train")])) > 1


def class_scores(
    sample: Callable[[Any, Any], Any],  # the trained recipe's: latents, labels -> images (N, C, H, W) in [-1, 1]
    latent_size: int,
    made: Mapping[str, Any],  # "generated" and "untrained" -> uint8 (N, H, W, C), told the labels of the held-out images
    images: Any,  # a genlab.images.prepared_set.PreparedSet
    classifier: Any,  # a genlab.metrics.classifier.Classifier, trained on the set's training images
) -> Rows:
    """Do images show the label that they were made with, and all that belongs to it? {row: {score: value}}, each a share in [0, 1].

    `recognised`: images that a classifier trained on real ones takes for what they were told to be; GAN-test of Shmelkov et al. 2018
    (arXiv:1807.09499). One good image a class is enough for it. `cas`, classification accuracy score: held-out images that the same
    classifier, trained on generated ones, recognises; it also misses what a class's images leave out. Ravuri & Vinyals 2019
    (arXiv:1905.10887), there with a ResNet-50. The row of held-out images is the accuracy on them of the classifier trained on real
    images, the same number twice: the ceiling of `cas`, but not of `recognised`, for samples can be more clear-cut than real images. The
    untrained recipe has no `cas`, which takes a training.
    """
    import torch

    from genlab.images.held_out import HeldOut
    from genlab.images.stream import labels
    from genlab.latents import normal
    from genlab.metrics.classifier import fit

    numbers, test = labels(images), images.indices("test")
    real, truth = images.images[test], numbers[test]
    ceiling = classifier.accuracy(real, truth)
    scores: Rows = {name: {"recognised": classifier.accuracy(made[name], truth)} for name in ("generated", "untrained")}
    like = like_training(images)
    log.info("a classifier trained on %s generated images, scored on the held-out ones", f"{len(like):,}")
    told = torch.from_numpy(numbers[like])
    pixels = HeldOut.to_bytes(sample(normal(len(like), latent_size, TRAINING_LATENTS_SEED), told))
    taught = fit(pixels, told.numpy(), len(images.classes), SUBSET_SEED, "generated images")
    scores["generated"]["cas"] = taught.accuracy(real, truth)
    scores["held-out images"] = {"recognised": ceiling, "cas": ceiling}
    return scores


def like_training(images: Any) -> Any:
    """The training images whose labels are told for `cas`: all of them, or many, evenly spread."""
    from genlab.pictures import spread

    return spread(images.indices("train"), MOST_GENERATED)


def kid_within_classes(
    rows: Mapping[str, Any],  # "generated" and "untrained" -> features (N, D) of images told the labels of the held-out ones
    features: Any,  # of all the set's images
    images: Any,
) -> Rows:
    """KID of each class's images against the held-out ones of the class, {row: {class: value}}; beside it that of as many training images.

    A recipe that ignores its labels scores well on all images together, and badly here. A class of which fewer than two images are held
    out is left out, and so is it from the row of training images if these are fewer; {} if no class is left.
    """
    import numpy as np

    from genlab.images.held_out import FEWEST
    from genlab.images.stream import labels
    from genlab.metrics.kernel import kernel_distance
    from genlab.pictures import spread

    numbers, test, train = labels(images), images.indices("test"), images.indices("train")
    scores: Rows = {name: {} for name in (*rows, "training images")}
    for number, title in enumerate(images.classes):
        held_out = np.flatnonzero(numbers[test] == number)
        if len(held_out) < FEWEST:
            continue
        same = spread(train[numbers[train] == number], len(held_out))
        seen = {name: found[held_out] for name, found in rows.items()} | {"training images": features[same]}
        for name, found in seen.items():
            if len(found) >= FEWEST:
                scores[name][title] = kernel_distance(features[test[held_out]], found)
    return scores if any(scores.values()) else {}


def truncation_scores(
    sample: Callable[..., Any],
    latents: Any,  # as many as held-out images, or more
    images: Any,
    extractor: Any,  # a genlab.metrics.classifier.Classifier, or a genlab.metrics.features.Extractor
    by: Any,  # a genlab.sampling_pictures.Truncation
    told: bool,  # whether the recipe is told labels
) -> Rows:
    """KID, precision and recall in the extractor's features by truncation, {value: {score: value}}, the widest first.

    The same latents at every value, told the labels of the held-out images that they are compared with: all of them, or many, evenly
    spread.
    """
    import torch

    from genlab.images.held_out import HeldOut
    from genlab.images.stream import labels
    from genlab.metrics.kernel import kernel_distance
    from genlab.metrics.manifold import precision, recall
    from genlab.pictures import spread
    from genlab.sampling_pictures import value_name

    some = spread(images.indices("test"), MOST_TRUNCATED)
    held_out, few = extractor(images.images[some]), latents[: len(some)]
    numbers = torch.from_numpy(labels(images)[some]) if told else None
    scores: Rows = {}
    for value in by.scored:
        name = value_name(value)
        log.info("%s samples, truncation: %s", f"{len(some):,}", name)
        (samples,) = by.samples(sample, few, numbers, [value])
        seen = extractor(HeldOut.to_bytes(samples))
        scores[name] = {
            f"kid_{extractor.name}": kernel_distance(held_out, seen),
            "precision": precision(held_out, seen),
            "recall": recall(held_out, seen),
        }
    return scores

"""Scores by truncation, which trades variety of samples for quality."""

import logging
from typing import cast

import numpy as np
import torch
from torch import Tensor

from genlab.evaluation.scores import Group, GroupName, Rows, kid_of
from genlab.extractors.classifier import Classifier
from genlab.extractors.contract import Extractor
from genlab.images.feeding.held_out import HeldOut
from genlab.images.feeding.order import evenly_spaced
from genlab.images.feeding.source import labels
from genlab.images.prepared_set import PreparedSet
from genlab.metrics.kernel import kernel_distance
from genlab.metrics.manifold import precision, recall
from genlab.pictures.samples import Sample, Truncation, value_name

MOST_TRUNCATED = 2000  # maximum number of images per value

log = logging.getLogger(__name__)


def truncation_scores(
    sample: Sample,
    latents: Tensor,  # (N, latent_size), at least one per held-out image
    images: PreparedSet,
    extractor: Extractor | Classifier,
    by: Truncation,
    conditional: bool,  # whether the recipe is conditional on labels
) -> Group:
    """Compute KID, precision and recall in the extractor's features, in one row per value of the truncation, the weakest truncation first.

    Every value uses the same latents. Samples are compared with all held-out images, or with MOST_TRUNCATED evenly spaced ones; a
    conditional recipe uses the labels of these images.
    """
    some = evenly_spaced(images.indices("test"), MOST_TRUNCATED)
    held_out, few = extractor(images.images[some]), latents[: len(some)]
    numbers = torch.from_numpy(cast(np.ndarray, labels(images))[some]) if conditional else None
    rows: Rows = {}
    for value in by.scored:
        name = value_name(value)
        log.info("scoring %s samples, truncation: %s", f"{len(some):,}", name)
        (samples,) = by.samples(sample, few, numbers, [value])
        seen = extractor(HeldOut.to_bytes(samples))
        rows[name] = {
            kid_of(extractor.name): kernel_distance(held_out, seen),
            "precision": precision(held_out, seen),
            "recall": recall(held_out, seen),
        }
    return Group.from_json(GroupName.TRUNCATION, rows)

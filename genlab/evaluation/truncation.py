"""Scores by truncation: what it costs in variety, and gains in quality."""

import logging

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

MOST_TRUNCATED = 2000  # images per value

log = logging.getLogger(__name__)


def truncation_scores(
    sample: Sample,
    latents: Tensor,  # (N, latent_size), at least one per held-out image
    images: PreparedSet,
    extractor: Extractor | Classifier,
    by: Truncation,
    conditional: bool,  # whether the recipe samples given labels
) -> Group:
    """KID, precision and recall in the extractor's features, one row per value of the truncation, the widest first.

    The same latents at every value, given the labels of the held-out images that they are compared with: all of them, or
    MOST_TRUNCATED, evenly spread.
    """
    some = evenly_spaced(images.indices("test"), MOST_TRUNCATED)
    held_out, few = extractor(images.images[some]), latents[: len(some)]
    numbers = torch.from_numpy(labels(images)[some]) if conditional else None
    rows: Rows = {}
    for value in by.scored:
        name = value_name(value)
        log.info("%s samples, truncation: %s", f"{len(some):,}", name)
        (samples,) = by.samples(sample, few, numbers, [value])
        seen = extractor(HeldOut.to_bytes(samples))
        rows[name] = {
            kid_of(extractor.name): kernel_distance(held_out, seen),
            "precision": precision(held_out, seen),
            "recall": recall(held_out, seen),
        }
    return Group.from_json(GroupName.TRUNCATION, rows)

"""Scores by truncation, which trades variety of samples for quality."""

import logging

import numpy as np
import torch
from torch import Tensor

from genlab.evaluation.reference import Reference
from genlab.evaluation.scores import Group, GroupName, Rows, kid_of
from genlab.extractors.classifier import Classifier
from genlab.extractors.contract import Extractor
from genlab.images.feeding.held_out import HeldOut
from genlab.images.feeding.order import evenly_spaced
from genlab.metrics.comparison import Subsets, compare, of_set
from genlab.pictures.samples import Sample, Truncation, value_name

log = logging.getLogger(__name__)


def truncation_scores(
    sample: Sample,
    latents: Tensor,  # (M, latent_size)
    reference: Reference,
    extractor: Extractor | Classifier,
    features: np.ndarray,  # (N, D), of the held-out images of the reference
    by: Truncation,
    conditional: bool,  # whether the recipe is conditional on labels
    most: int,  # largest number of samples per value
) -> Group:
    """Compute KID, precision and recall in the extractor's features, in one row per value of the truncation, the weakest truncation first.

    Every value uses the same latents. Samples are compared with as many held-out images, evenly spaced; a conditional recipe uses the
    labels of these images.
    """
    some = evenly_spaced(np.arange(len(reference.test)), min(most, len(latents)))
    held_out, few = features[some], latents[: len(some)]
    numbers = torch.from_numpy(reference.labels[some]) if conditional else None
    without_spread = Subsets(number=0)
    known = of_set(held_out, without_spread)
    rows: Rows = {}
    for value in by.scored:
        name = value_name(value)
        log.info("scoring %s samples, truncation: %s", f"{len(some):,}", name)
        (samples,) = by.samples(sample, few, numbers, [value])
        seen = extractor(HeldOut.to_bytes(samples))
        found = compare(held_out, seen, without_spread, known)
        rows[name] = {
            kid_of(extractor.name): found.kid,
            "precision": found.precision,
            "recall": found.recall,
        }
    return Group.from_json(GroupName.TRUNCATION, rows)

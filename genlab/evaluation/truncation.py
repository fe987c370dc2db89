"""Scores by truncation, which trades variety of samples for quality."""

import logging
from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor

from genlab.engine.in_order import Batches
from genlab.evaluation.scores import Group, GroupName, Rows, kid_of
from genlab.evaluation.seen import AT_ONCE
from genlab.extractors.classifier import Classifier
from genlab.extractors.contract import Extractor, Named
from genlab.images.feeding.held_out import HeldOut
from genlab.images.feeding.order import evenly_spaced
from genlab.metrics.comparison import Subsets, compare, of_set
from genlab.networks.latents import truncated
from genlab.pictures.samples import PSIS, Truncation, value_name

log = logging.getLogger(__name__)


def truncated_features(
    batches: Callable[..., Batches[Tensor]],  # latents, labels [, psi] -> images of the recipe
    latents: Tensor,  # (M, latent_size)
    labels: Tensor | None,  # (M,), those of the images with which the samples are compared; None for an unconditional recipe
    extractor: Extractor | Classifier,
    by: Truncation,
) -> dict[str, Batches[np.ndarray]]:
    """Compute the features of samples, (n, D) per batch, for each value of the truncation, the weakest truncation first.

    Every value uses the same latents.
    """
    found: dict[str, Batches[np.ndarray]] = {}
    for value in by.scored:
        samples = batches(latents, labels, value) if by is PSIS else batches(truncated(latents, value), labels)
        found[value_name(value)] = features_of(samples, extractor)
    return found


def features_of(samples: Batches[Tensor], extractor: Extractor | Classifier) -> Batches[np.ndarray]:
    """Compute the features of samples, (n, D) per batch.

    Several batches of samples are one batch here, so that extractors compute whole batches of their own: others have other last digits.
    """
    at_once = AT_ONCE // samples.size

    def features(start: int, stop: int) -> np.ndarray:
        first = start // samples.size
        return extractor(HeldOut.to_bytes(torch.cat(samples[first : first + at_once])))

    return Batches(samples.rows, at_once * samples.size, features)


def compared(held_out: int, latents: int, most: int) -> np.ndarray:
    """Return the places among the held-out images of those with which samples are compared, (M,), evenly spaced; M <= `latents`."""
    return evenly_spaced(np.arange(held_out), min(most, latents))


def truncation_scores(
    truncated: Mapping[str, np.ndarray],  # value -> features of samples, (M, D)
    held_out: np.ndarray,  # (M, D), of the held-out images with which they are compared
    extractor: Named,
) -> Group:
    """Compute KID, precision and recall in the extractor's features, in one row per value of the truncation, the weakest truncation first.

    Samples are compared with as many held-out images, evenly spaced; a conditional recipe uses the labels of these images.
    """
    without_spread = Subsets(number=0)
    known = of_set(held_out, without_spread)
    rows: Rows = {}
    for name, seen in truncated.items():
        log.info("scoring %s samples, truncation: %s", f"{len(held_out):,}", name)
        found = compare(held_out, seen, without_spread, known)
        rows[name] = {
            kid_of(extractor.name): found.kid,
            "precision": found.precision,
            "recall": found.recall,
        }
    return Group.from_json(GroupName.TRUNCATION, rows)

"""Scores of samples against the held-out images, with two baselines: the untrained recipe, and training images."""

import logging
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from genlab.evaluation.drawing import Drawn
from genlab.evaluation.further import certainty, named
from genlab.evaluation.reference import Reference
from genlab.evaluation.scores import Group, GroupName, RowName, Rows
from genlab.evaluation.settings import Settings
from genlab.evaluation.statistics import within_reference
from genlab.extractors.classifier import Classifier
from genlab.extractors.contract import Named
from genlab.metrics.bins import difference
from genlab.metrics.distribution import distribution_scores
from genlab.metrics.memorisation import memorised
from genlab.metrics.neighbours import nearest
from genlab.pictures.samples import RANKS

log = logging.getLogger(__name__)


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

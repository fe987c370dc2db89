"""Scores of a set of images against a reference set, in the features of an extractor."""

import numpy as np

from genlab.extractors.contract import Named
from genlab.metrics.comparison import DEFAULT, Comparison, Subsets, compare
from genlab.metrics.frechet import frechet_distance
from genlab.metrics.names import in_features_of
from genlab.metrics.pairs import Within


def distribution_scores(
    features: np.ndarray,  # (N, D)
    reference: np.ndarray,  # (M, D)
    extractor: Named,
    subsets: Subsets = DEFAULT,  # for the spread of KID
    known: Within | None = None,  # what pairs within the reference set give, if it is known
) -> dict[str, float]:
    """KID with its spread, FID, precision, recall, density and coverage. Names of distances contain that of the extractor.

    There is no spread if both sets have two images only.

    Raises:
        InputError: a set has fewer than two images.
    """
    found = compare(reference, features, subsets, known)
    shares = {"precision": found.precision, "recall": found.recall, "density": found.density, "coverage": found.coverage}
    return named(found, extractor) | fid(features, reference, extractor) | shares


def distances(features: np.ndarray, reference: np.ndarray, extractor: Named, subsets: Subsets = DEFAULT) -> dict[str, float]:
    """The distances among `distribution_scores`: KID with its spread, and FID."""
    return named(compare(reference, features, subsets), extractor) | fid(features, reference, extractor)


def named(found: Comparison, extractor: Named) -> dict[str, float]:
    """KID and its spread under their names."""
    kid = in_features_of(extractor.name, "kid")
    return {kid: found.kid} | ({} if found.kid_spread is None else {f"{kid}_spread": found.kid_spread})


def fid(features: np.ndarray, reference: np.ndarray, extractor: Named) -> dict[str, float]:
    """FID under its name."""
    return {in_features_of(extractor.name, "fid"): frechet_distance(reference, features)}

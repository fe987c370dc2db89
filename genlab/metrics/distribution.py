"""Distances between a set of images and a reference set, in the features of an extractor."""

import numpy as np

from genlab.extractors.contract import Named
from genlab.metrics.frechet import frechet_distance
from genlab.metrics.kernel import kernel_distance_estimate
from genlab.metrics.names import in_features_of


def distribution_scores(
    features: np.ndarray,
    reference: np.ndarray,
    extractor: Named,
    seed: int,
    largest_subset: int | None = None,  # number of images per subset for the spread; None: half of the images
    subsets: int = 100,  # number of these subsets
) -> dict[str, float]:
    """KID with its spread, and FID, of features (N, D) and reference features (M, D). Names contain that of the extractor.

    There is no spread if both sets have two images only.

    Raises:
        InputError: a set has fewer than two images.
    """
    kernel, kid = (
        kernel_distance_estimate(reference, features, seed, subsets, largest=largest_subset),
        in_features_of(extractor.name, "kid"),
    )
    spread = {} if kernel.spread is None else {f"{kid}_spread": kernel.spread}
    return {kid: kernel.value} | spread | {in_features_of(extractor.name, "fid"): frechet_distance(reference, features)}

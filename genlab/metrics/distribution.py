"""How far a set of images is from a reference set, in the features of an extractor."""

import numpy as np

from genlab.extractors.contract import Extractor
from genlab.metrics.frechet import frechet_distance
from genlab.metrics.kernel import kernel_distance_estimate


def distribution_scores(
    features: np.ndarray,
    reference: np.ndarray,
    extractor: Extractor,
    seed: int,
    largest_subset: int | None = None,  # images, for the spread; None: half of them all
) -> dict[str, float]:
    """Features (N, D), (M, D) -> KID with its spread, and FID; the names say the extractor."""
    kernel = kernel_distance_estimate(reference, features, seed, largest=largest_subset)
    return {
        f"kid_{extractor.name}": kernel.value,
        f"kid_{extractor.name}_spread": kernel.spread,
        f"fid_{extractor.name}": frechet_distance(reference, features),
    }

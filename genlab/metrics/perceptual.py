"""Perceptual distance of two images: the distance of a network's activations, position by position.

It differs from LPIPS in the network and has no weights fitted to human judgement. Scores carry the extractor in their name
(`perceptual_efflite0`) and are not comparable with published LPIPS values.
"""

from collections.abc import Sequence

import numpy as np

from genlab.extractors.contract import Named, Staged
from genlab.metrics.counts import require_images
from genlab.metrics.names import in_features_of

BATCH_SIZE = 16  # pairs whose activations are in memory together, 16 MB per pair with EfficientNet-Lite0
EPSILON = 1e-10  # as in the authors' code: positions without activation stay 0


def perceptual_scores(images: np.ndarray, truth: np.ndarray, extractor: Staged) -> dict[str, float]:
    """Two batches uint8 (N, H, W, C) -> mean distance between image i and truth i. See `mean_distance`."""
    return mean_distance(perceptual_distances(images, truth, extractor), extractor)


def mean_distance(each: np.ndarray, extractor: Named) -> dict[str, float]:
    """Perceptual distances (N,) -> their mean; from two images on, also their standard deviation as `<score>_spread`."""
    name = in_features_of(extractor.name, "perceptual")
    return {name: float(each.mean())} | ({f"{name}_spread": float(each.std(ddof=1))} if len(each) > 1 else {})


def perceptual_distances(images: np.ndarray, truth: np.ndarray, extractor: Staged) -> np.ndarray:
    """Two batches uint8 (N, H, W, C) -> distance between image i and truth i, float64 (N,).

    Raises:
        InputError: there are no images.
    """
    require_images("perceptual distance", {"given": len(images)}, 1)
    starts = range(0, max(len(images), len(truth)), BATCH_SIZE)
    batches = (slice(start, start + BATCH_SIZE) for start in starts)
    return np.concatenate([activation_distances(extractor.stages(images[batch]), extractor.stages(truth[batch])) for batch in batches])


def activation_distances(first: Sequence[np.ndarray], second: Sequence[np.ndarray]) -> np.ndarray:
    """Activations (N, C, H, W) of both batches, one array per stage -> float64 (N,). arXiv:1801.03924, equation 1.

    All weights w are 1: squared differences of unit-normalised activations are summed over channels, averaged over positions, and
    summed over stages. Each stage contributes the mean of 2 - 2 cos(angle), in [0, 2] for non-negative activations, otherwise in [0, 4].
    """
    shares = [
        [
            np.square(unit(x) - unit(y)).sum(0).mean(dtype=np.float64) for x, y in zip(xs, ys, strict=True)
        ]  # one pair at a time, to save memory
        for xs, ys in zip(first, second, strict=True)
    ]
    distances: np.ndarray = np.sum(shares, axis=0)
    return distances


def unit(activations: np.ndarray) -> np.ndarray:
    """Normalise activations (C, H, W) to length 1 along the channels."""
    normalised: np.ndarray = activations / (np.linalg.norm(activations, axis=0) + EPSILON)
    return normalised

"""How far apart two images are to a network's eye: the distance of their activations, position by position.

Not LPIPS: another network, and no weights fitted to human judgement. Scores carry the extractor in their name
(`perceptual_efflite0`) and are not comparable with published LPIPS.
"""

from collections.abc import Sequence

import numpy as np

from genlab.extractors.contract import Extractor

BATCH_SIZE = 16  # pairs whose activations are held at once, 16 MB a pair with EfficientNet-Lite0
EPSILON = 1e-10  # as in the authors' code: a position without activation stays 0


def perceptual_scores(images: np.ndarray, truth: np.ndarray, extractor: Extractor) -> dict[str, float]:
    """Two batches uint8 (N, H, W, C) -> the mean distance of image i from truth i, and the standard deviation as `<score>_spread`."""
    each = perceptual_distances(images, truth, extractor)
    return {f"perceptual_{extractor.name}": float(each.mean()), f"perceptual_{extractor.name}_spread": float(each.std(ddof=1))}


def perceptual_distances(images: np.ndarray, truth: np.ndarray, extractor: Extractor) -> np.ndarray:
    """Two batches uint8 (N, H, W, C) -> distance of image i from truth i, float64 (N,)."""
    starts = range(0, max(len(images), len(truth)), BATCH_SIZE)
    batches = (slice(start, start + BATCH_SIZE) for start in starts)
    return np.concatenate([activation_distances(extractor.stages(images[batch]), extractor.stages(truth[batch])) for batch in batches])


def activation_distances(first: Sequence[np.ndarray], second: Sequence[np.ndarray]) -> np.ndarray:
    """Activations (N, C, H, W) of both batches, one array a stage -> float64 (N,). Zhang et al. 2018 (arXiv:1801.03924), equation 1.

    All w are 1: squared differences of the unit-normalised activations, summed over channels, averaged over positions, summed over
    stages. A stage's share is 2 - 2 cos(angle), averaged: in [0, 2] where activations are not negative, else in [0, 4].
    """
    shares = [
        [np.square(unit(x) - unit(y)).sum(0).mean(dtype=np.float64) for x, y in zip(xs, ys, strict=True)]  # one pair at a time: memory
        for xs, ys in zip(first, second, strict=True)
    ]
    distances: np.ndarray = np.sum(shares, axis=0)
    return distances


def unit(activations: np.ndarray) -> np.ndarray:
    """(C, H, W) -> the same, of length 1 along the channels."""
    normalised: np.ndarray = activations / (np.linalg.norm(activations, axis=0) + EPSILON)
    return normalised

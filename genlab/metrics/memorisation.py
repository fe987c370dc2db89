"""Memorised training images, found by the ratio of distances to the two nearest of them."""

import numpy as np

from genlab.metrics.counts import require_images
from genlab.metrics.neighbours import nearest

RATIO = 1 / 3  # as in both papers


def memorised_share(
    samples: np.ndarray,  # features or pixels (N, D)
    training: np.ndarray,  # of all training images (M, D)
    ratio: float = RATIO,
) -> float:
    """Share of samples whose distance to the nearest training image is at most a third of that to the second nearest, in [0, 1].

    Yoon et al. 2023, "Diffusion probabilistic models generalize when they fail to memorize" (ICML workshop SPIGM), also used by Gu et
    al. 2023 (arXiv:2310.02664), in pixel space. The ratio needs no threshold of distance: a copy is much nearer to its original than to any
    other image, and a new image is about as near to several. A sample at a distance of 0 counts also where the second distance is 0,
    that is where the training images have duplicates; a near copy of an image with near duplicates is missed.

    Raises:
        InputError: there are no samples, or fewer than two training images.
    """
    require_images("memorisation", {"generated": len(samples)}, 1)
    require_images("memorisation", {"training": len(training)}, 2)
    return memorised(nearest(samples, training, 2).distances, ratio)


def memorised(distances: np.ndarray, ratio: float = RATIO) -> float:
    """Distances (N, K >= 2) of samples to their nearest training images, ascending -> `memorised_share`."""
    return float((distances[:, 0] <= ratio * distances[:, 1]).mean())

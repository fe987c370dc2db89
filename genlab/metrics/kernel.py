"""Kernel inception distance: the squared maximum mean discrepancy between two sets of features."""

import numpy as np

from genlab.metrics.counts import require_images
from genlab.metrics.discrepancy import discrepancy

FEWEST = 2  # images of each set: the unbiased estimate divides by N - 1


def kernel_distance(real: np.ndarray, fake: np.ndarray) -> float:
    """Features (N, D), (M, D) -> unbiased MMD^2 with k(x, y) = (x.y / D + 1)^3.

    Binkowski et al. 2018 (arXiv:1801.01401), equation 4 and section 4. The unbiased estimate can be slightly negative for equal sets.

    Raises:
        InputError: a set has fewer than two images.
    """
    require_images("kernel distance (KID)", {"real": len(real), "generated": len(fake)}, FEWEST)
    return discrepancy(real, fake, lambda x, y: cubic(x @ y.T, x.shape[1]))


def cubic(products: np.ndarray, size: int) -> np.ndarray:
    """Inner products (N, M) of features of this size D -> kernel matrix (x.y / D + 1)^3, (N, M)."""
    base = products / size
    base += 1
    values: np.ndarray = base * base  # faster than a power
    values *= base
    return values

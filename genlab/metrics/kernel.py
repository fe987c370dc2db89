"""Kernel inception distance: the squared maximum mean discrepancy between two sets of features."""

import numpy as np

from genlab.metrics.blocks import blocks
from genlab.metrics.counts import require_images

FEWEST = 2  # images of each set: the unbiased estimate divides by N - 1


def kernel_distance(real: np.ndarray, fake: np.ndarray) -> float:
    """Features (N, D), (M, D) -> unbiased MMD^2 with k(x, y) = (x.y / D + 1)^3.

    Binkowski et al. 2018 (arXiv:1801.01401), equation 4 and section 4. The unbiased estimate can be slightly negative for equal sets.

    Raises:
        InputError: a set has fewer than two images.
    """
    require_images("kernel distance (KID)", {"real": len(real), "generated": len(fake)}, FEWEST)
    real, fake = real.astype(np.float64), fake.astype(np.float64)
    n, m = len(real), len(fake)
    between = sum(kernel(x, y).sum() for _, x in blocks(real) for _, y in blocks(fake)) / (n * m)
    return float(sum_of_others(real) / (n * (n - 1)) + sum_of_others(fake) / (m * (m - 1)) - 2 * between)


def sum_of_others(features: np.ndarray) -> float:
    """Sum of k(x, y) over all ordered pairs of two different rows of features (N, D)."""
    total = 0.0
    for row, x in blocks(features):
        for column, y in blocks(features):
            values = kernel(x, y)
            total += values.sum() - (np.trace(values) if row == column else 0)
    return total


def kernel(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Features (N, D), (M, D) -> kernel matrix k(x, y) = (x.y / D + 1)^3, (N, M)."""
    return cubic(x @ y.T, x.shape[1])


def cubic(products: np.ndarray, size: int) -> np.ndarray:
    """Inner products (N, M) of features of this size D -> kernel matrix (x.y / D + 1)^3, (N, M)."""
    base = products / size
    base += 1
    values: np.ndarray = base * base  # faster than a power
    values *= base
    return values

"""The unbiased estimate of the squared maximum mean discrepancy (MMD) of two sets, for any kernel."""

from collections.abc import Callable

import numpy as np

from genlab.metrics.blocks import blocks

Kernel = Callable[[np.ndarray, np.ndarray], np.ndarray]  # float64 (N, D), (M, D) -> (N, M); symmetric


def discrepancy(real: np.ndarray, fake: np.ndarray, kernel: Kernel) -> float:
    """Rows (N, D), (M, D) of two sets of at least two -> unbiased MMD^2. Gretton et al. 2012 (JMLR 13), equation 3.

    One block of the kernel matrices is in memory at a time, and the rows may be memory-mapped. Kernels are computed in float64: the
    estimate is a small difference of large sums.
    """
    n, m = len(real), len(fake)
    own = sum_of_others(real, kernel) / (n * (n - 1)) + sum_of_others(fake, kernel) / (m * (m - 1))
    between = sum(kernel(x.astype(np.float64), y.astype(np.float64)).sum() for _, x in blocks(real) for _, y in blocks(fake))
    return float(own - 2 * between / (n * m))


def sum_of_others(rows: np.ndarray, kernel: Kernel) -> float:
    """Rows (N, D) -> sum of k over all ordered pairs of two different rows. Uses k(x, y) = k(y, x)."""
    total = 0.0
    for row, x in blocks(rows):
        for column, y in blocks(rows):
            if column >= row:
                values = kernel(x.astype(np.float64), y.astype(np.float64))
                total += values.sum() - np.trace(values) if column == row else 2 * values.sum()
    return total

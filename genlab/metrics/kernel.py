"""Kernel inception distance: the squared maximum mean discrepancy between two sets of features."""

from typing import NamedTuple

import numpy as np

from genlab.metrics.blocks import blocks
from genlab.metrics.counts import require_images

FEWEST = 2  # images of each set: the unbiased estimate divides by N - 1


class Estimate(NamedTuple):
    """A score and its standard deviation."""

    value: float
    spread: float | None  # standard deviation over subsets; None if there is one subset only, the whole sets


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
    values: np.ndarray = (x @ y.T / x.shape[1] + 1) ** 3
    return values


def kernel_distance_estimate(
    real: np.ndarray,
    fake: np.ndarray,
    seed: int,
    subsets: int = 100,  # number of random subsets
    share: float = 0.5,  # share of each set in a subset
    largest: int | None = None,  # largest number of images of each set in a subset, at least two; None: no limit
) -> Estimate:
    """Distance of the whole sets, and its standard deviation over random subsets drawn without replacement.

    The paper averages over subsets of 1,000 images. Many sets are smaller, so that the value is computed on the whole sets and only the
    spread on subsets. Sets of two images have one subset and no spread.

    Raises:
        InputError: a set or `largest` is less than two images.
    """
    if largest is not None:
        require_images("spread of the kernel distance (KID)", {"largest": largest}, FEWEST)
    whole, random = kernel_distance(real, fake), np.random.default_rng(seed)
    if max(len(real), len(fake)) == FEWEST:
        return Estimate(whole, None)

    def subset(features: np.ndarray) -> np.ndarray:
        count = max(FEWEST, int(share * len(features)))
        return features[random.choice(len(features), count if largest is None else min(count, largest), replace=False)]

    values = [kernel_distance(subset(real), subset(fake)) for _ in range(subsets)]
    return Estimate(whole, float(np.std(values)))

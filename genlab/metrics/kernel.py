"""Kernel inception distance: the squared maximum mean discrepancy between two sets of features."""

from typing import NamedTuple

import numpy as np

from genlab.metrics.blocks import blocks


class Estimate(NamedTuple):
    """A score and its standard deviation."""

    value: float
    spread: float  # standard deviation over subsets


def kernel_distance(real: np.ndarray, fake: np.ndarray) -> float:
    """Features (N, D), (M, D) -> unbiased MMD^2 with k(x, y) = (x.y / D + 1)^3.

    Binkowski et al. 2018 (arXiv:1801.01401), equation 4 and section 4. The unbiased estimate can be slightly negative for equal sets.
    """
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
    largest: int | None = None,  # largest number of images of each set in a subset; None: no limit
) -> Estimate:
    """Distance of the whole sets, and its standard deviation over random subsets drawn without replacement.

    The paper averages over subsets of 1,000 images. Many sets are smaller, so that the value is computed on the whole sets and only the
    spread on subsets.
    """
    random = np.random.default_rng(seed)

    def subset(features: np.ndarray) -> np.ndarray:
        count = max(2, int(share * len(features)))
        return features[random.choice(len(features), count if largest is None else min(count, largest), replace=False)]

    values = [kernel_distance(subset(real), subset(fake)) for _ in range(subsets)]
    return Estimate(kernel_distance(real, fake), float(np.std(values)))

"""Kernel inception distance: the squared maximum mean discrepancy between two sets of features."""

from typing import NamedTuple

import numpy as np


class Estimate(NamedTuple):
    """A score and its spread."""

    value: float
    spread: float  # standard deviation over subsets


def kernel_distance(real: np.ndarray, fake: np.ndarray) -> float:
    """Features (N, D), (M, D) -> unbiased MMD^2 with k(x, y) = (x.y / D + 1)^3.

    Binkowski et al. 2018 (arXiv:1801.01401), equation 4 and section 4. Unbiased: it may be slightly negative for equal sets.
    """
    real, fake = real.astype(np.float64), fake.astype(np.float64)
    within_real, within_fake, between = kernel(real, real), kernel(fake, fake), kernel(real, fake)
    n, m = len(real), len(fake)
    return float(
        (within_real.sum() - np.trace(within_real)) / (n * (n - 1))
        + (within_fake.sum() - np.trace(within_fake)) / (m * (m - 1))
        - 2 * between.mean()
    )


def kernel(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """(N, D), (M, D) -> (N, M)."""
    return (x @ y.T / x.shape[1] + 1) ** 3


def kernel_distance_estimate(
    real: np.ndarray,
    fake: np.ndarray,
    seed: int,
    subsets: int = 100,
    share: float = 0.5,  # of each set, in a subset
) -> Estimate:
    """The distance of the whole sets, and its standard deviation over random subsets drawn without replacement.

    The paper averages over subsets of 1,000; the sets here are smaller, so that the value is the whole sets' and the subsets
    give the spread alone.
    """
    random = np.random.default_rng(seed)
    values = [
        kernel_distance(
            real[random.choice(len(real), max(2, int(share * len(real))), replace=False)],
            fake[random.choice(len(fake), max(2, int(share * len(fake))), replace=False)],
        )
        for _ in range(subsets)
    ]
    return Estimate(kernel_distance(real, fake), float(np.std(values)))

"""The sliced Wasserstein distance. Rabin et al. 2011, Bonneel et al. 2015 (doi:10.1007/s10851-014-0506-3)."""

import numpy as np

from genlab.metrics.blocks import blocks
from genlab.metrics.counts import require_images

DIRECTIONS = 512  # random projections
GROUP = 64  # projections in memory together


def sliced_wasserstein(
    real: np.ndarray,
    fake: np.ndarray,
    seed: int = 0,  # of the directions: compare scores with equal seeds only
    directions: int = DIRECTIONS,
    power: float = 2,  # p
) -> float:
    """Features (N, D), (M, D) -> (mean over random directions of W_p^p of the projections)^(1 / p).

    In one dimension the optimal transport sorts. POT's `ot.sliced_wasserstein_distance` computes the same, and is the reference of the
    tests; a dependency of the library for a sort is too much, and it projects all rows on all directions at once. Positive for two
    finite sets of one distribution.

    Raises:
        InputError: a set has no images.
    """
    require_images("sliced Wasserstein distance", {"real": len(real), "generated": len(fake)}, 1)
    along = unit_directions(real.shape[1], directions, seed)
    costs = [
        transport_costs(projected(real, along[:, start : start + GROUP]), projected(fake, along[:, start : start + GROUP]), power)
        for start in range(0, directions, GROUP)
    ]
    return float(np.concatenate(costs).mean() ** (1 / power))


def unit_directions(size: int, count: int, seed: int) -> np.ndarray:
    """Uniform directions in D dimensions, (D, count), each of length 1."""
    along = np.random.default_rng(seed).normal(size=(size, count))
    unit: np.ndarray = along / np.sqrt(np.square(along).sum(0))
    return unit


def projected(rows: np.ndarray, along: np.ndarray) -> np.ndarray:
    """Rows (N, D) on directions (D, P) -> sorted projections of each direction, (P, N)."""
    values = np.concatenate([along.T @ block.astype(along.dtype).T for _, block in blocks(rows)], axis=1)
    values.sort(axis=1)
    return values


def transport_costs(x: np.ndarray, y: np.ndarray, power: float) -> np.ndarray:
    """Sorted values (P, N), (P, M) -> W_p^p of each row, (P,): the mean of |F^-1(u) - G^-1(u)|^p over u in (0, 1)."""
    n, m = x.shape[1], y.shape[1]
    if n == m:
        costs: np.ndarray = (np.abs(x - y) ** power).mean(1)
        return costs
    # Both quantile functions are constant between the steps of either, at multiples of 1 / n and 1 / m; in units of 1 / (n m).
    steps = np.union1d(np.arange(1, n + 1) * m, np.arange(1, m + 1) * n)
    widths = np.diff(steps, prepend=0) / (n * m)
    unequal: np.ndarray = (np.abs(x[:, (steps - 1) // m] - y[:, (steps - 1) // n]) ** power) @ widths
    return unequal

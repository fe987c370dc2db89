"""Mean and covariance of features, accumulated batch by batch: memory does not grow with the number of images."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from genlab.errors import InputError
from genlab.metrics.blocks import blocks


@dataclass(frozen=True)
class Moments:
    """Number, mean and covariance of rows with D features, in float64."""

    count: int  # N
    mean: np.ndarray  # (D,)
    scatter: np.ndarray  # sum of (x - mean)(x - mean)^T over the rows, (D, D)

    @property
    def covariance(self) -> np.ndarray:
        """Unbiased covariance, (D, D)."""
        return self.scatter / (self.count - 1)

    def __add__(self, other: "Moments") -> "Moments":
        """Moments of the rows of both. Chan et al. 1979, "Updating formulae and a pairwise algorithm for computing sample variances".

        Raises:
            InputError: the numbers of features differ.
        """
        if len(self.mean) != len(other.mean):
            raise InputError(f"Moments of {len(self.mean)} and of {len(other.mean)} features cannot be added. Use one extractor for both.")
        count = self.count + other.count
        difference = other.mean - self.mean
        scatter = self.scatter + other.scatter + np.outer(difference, difference) * (self.count * other.count / count)
        return Moments(count, self.mean + difference * (other.count / count), scatter)


def moments_of(features: np.ndarray) -> Moments:
    """Features (N, D), in memory or memory-mapped -> their moments, computed in blocks.

    Raises:
        InputError: there are no features.
    """
    return moments_of_batches(block for _, block in blocks(features))


def moments_of_batches(batches: Iterable[np.ndarray]) -> Moments:
    """Batches of features (N, D), (N', D), ... -> moments of all rows.

    Raises:
        InputError: there are no features.
    """
    total: Moments | None = None
    for batch in batches:
        if len(batch):
            part = moments_of_batch(batch)
            total = part if total is None else total + part
    if total is None:
        raise InputError("moments: got no features, expected those of at least one image.")
    return total


def moments_of_batch(features: np.ndarray) -> Moments:
    """Features (N, D) of at least one row -> their moments."""
    rows = features.astype(np.float64)
    mean = rows.mean(0)
    rows -= mean
    return Moments(len(rows), mean, rows.T @ rows)

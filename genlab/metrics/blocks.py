"""Blocks of large sets: all N x M pairs of 50,000 images would take 20 GB."""

from collections.abc import Iterator

import numpy as np

BLOCK = 2048  # rows per block


def blocks(features: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Yield (index of the first row, block of at most BLOCK rows) for consecutive blocks of features (N, D)."""
    for start in range(0, len(features), BLOCK):
        yield start, features[start : start + BLOCK]

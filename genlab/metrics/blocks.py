"""All pairs of two large sets, a block at a time: N x M numbers of 50,000 images would take 20 GB."""

from collections.abc import Iterator

import numpy as np

BLOCK = 2048  # rows, and columns, of what is in memory


def blocks(features: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """(N, D) -> (place of its first, up to BLOCK of them), for all in turn."""
    for start in range(0, len(features), BLOCK):
        yield start, features[start : start + BLOCK]

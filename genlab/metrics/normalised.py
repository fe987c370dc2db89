"""Features of length 1."""

import numpy as np


def unit_rows(features: np.ndarray) -> np.ndarray:
    """Features (N, D) -> float64 (N, D), each row divided by its Euclidean length; rows of zeros stay zeros."""
    rows = features.astype(np.float64)
    lengths = np.sqrt(np.square(rows).sum(1, keepdims=True))
    unit: np.ndarray = np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 0)
    return unit

"""A random order of rows that depends on what is in them and not on how they are ordered."""

import numpy as np

from genlab.metrics.blocks import blocks


def content_order(rows: np.ndarray, seed: int) -> np.ndarray:
    """Rows (N, D) -> permutation (N,) that brings any arrangement of the same rows into the same random order.

    Scores that are computed on random parts of a set then do not depend on the order of its images.
    """
    random = np.random.default_rng(seed)
    direction = random.normal(size=rows.shape[1])
    keys = [(block.astype(np.float64) * direction).sum(1) for _, block in blocks(rows)]  # a matrix product may round each row differently
    order: np.ndarray = np.argsort(np.concatenate(keys), kind="stable")[random.permutation(len(rows))]
    return order

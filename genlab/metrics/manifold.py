"""Precision and recall: how much of one set of images lies where the other one does. Kynkaanniemi et al. 2019 (arXiv:1904.06991).

A set's manifold is the union of a ball around each of its images in feature space, which reaches to its k-th nearest other image.
"""

import numpy as np

from genlab.metrics.blocks import blocks
from genlab.metrics.neighbours import distances, nearest

NEIGHBOURS = 3  # k, section 3.1


def precision(real: np.ndarray, fake: np.ndarray, k: int = NEIGHBOURS) -> float:
    """Features (N, D), (M, D) -> share of the fakes within the reals' manifold, in [0, 1]: do samples look real? Equations 1 and 2.

    Both sets should have as many images: the more a set has, the smaller its balls. With k or fewer a ball reaches to the
    farthest of its set.
    """
    return float(within(fake, real, radii(real, k)).mean())


def recall(real: np.ndarray, fake: np.ndarray, k: int = NEIGHBOURS) -> float:
    """Features (N, D), (M, D) -> share of the reals within the fakes' manifold, in [0, 1]: is nothing left out? Equations 1 and 2."""
    return precision(fake, real, k)


def radii(features: np.ndarray, k: int) -> np.ndarray:
    """(N, D) -> distance of each to its k-th nearest other, (N,)."""
    return nearest(features, features, k + 1).distances[:, -1]  # the nearest of all is the image itself


def within(points: np.ndarray, centres: np.ndarray, reach: np.ndarray) -> np.ndarray:
    """f of equation 1: whether each point (N, D) is in any ball around centres (M, D) that reaches (M,) -> (N,), bool."""
    inside = np.zeros(len(points), bool)
    for row, some in blocks(points):
        for column, block in blocks(centres):
            inside[row : row + len(some)] |= (distances(some, block) <= reach[column : column + len(block)]).any(1)
    return inside

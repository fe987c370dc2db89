"""Precision and recall of generated images. Kynkaanniemi et al. 2019 (arXiv:1904.06991).

The manifold of a set is the union of balls around its images in feature space. Each ball reaches to the k-th nearest other image.
"""

import numpy as np

from genlab.metrics.blocks import blocks
from genlab.metrics.counts import require_images
from genlab.metrics.neighbours import distances, nearest

NEIGHBOURS = 3  # k, section 3.1


def precision(real: np.ndarray, fake: np.ndarray, k: int = NEIGHBOURS) -> float:
    """Features (N, D), (M, D) -> share of fakes in the manifold of the real images, in [0, 1]. Equations 1 and 2.

    High precision means that samples look real. Both sets should have the same number of images, since balls shrink as a set grows. In a
    set of at most k images, a ball reaches to the farthest image.

    Raises:
        InputError: there are fewer than two real images, which span no manifold, or no fakes.
    """
    return coverage("precision", real, fake, k, "real", "generated")


def recall(real: np.ndarray, fake: np.ndarray, k: int = NEIGHBOURS) -> float:
    """Features (N, D), (M, D) -> share of real images in the manifold of the fakes, in [0, 1]. Equations 1 and 2.

    High recall means that the samples cover the variety of the real images.

    Raises:
        InputError: there are fewer than two fakes, which span no manifold, or no real images.
    """
    return coverage("recall", fake, real, k, "generated", "real")


def coverage(score: str, centres: np.ndarray, points: np.ndarray, k: int, centre_name: str, point_name: str) -> float:
    """Features (N, D), (M, D) -> share of the points in the manifold of the centres, in [0, 1]; both names are for the error's message.

    Raises:
        InputError: there are fewer than two centres, or no points.
    """
    require_images(score, {centre_name: len(centres)}, 2)
    require_images(score, {point_name: len(points)}, 1)
    return float(within(points, centres, radii(centres, k)).mean())


def radii(features: np.ndarray, k: int) -> np.ndarray:
    """Features (N, D) -> distance of each row to its k-th nearest other row, (N,)."""
    return nearest(features, features, k + 1).distances[:, -1]  # the nearest row is the row itself


def within(points: np.ndarray, centres: np.ndarray, reach: np.ndarray) -> np.ndarray:
    """Whether each point (N, D) is in any ball around centres (M, D) with radii (M,) -> (N,), bool. The function f of equation 1."""
    inside = np.zeros(len(points), bool)
    for row, some in blocks(points):
        for column, block in blocks(centres):
            inside[row : row + len(some)] |= (distances(some, block) <= reach[column : column + len(block)]).any(1)
    return inside

"""Nearest neighbours among features."""

from typing import NamedTuple

import numpy as np

from genlab.metrics.blocks import blocks
from genlab.metrics.counts import require_images

ROUNDING = 1e-12  # relative to |x|^2 + |y|^2: exceeds the float64 rounding error of |x - y|^2 for some thousand features


class Neighbours(NamedTuple):
    """The K nearest neighbours of N points, nearest first."""

    indices: np.ndarray  # (N, K)
    distances: np.ndarray  # (N, K), Euclidean


def nearest(points: np.ndarray, others: np.ndarray, count: int = 1) -> Neighbours:
    """Points (N, D), others (M, D) -> the min(count, M) nearest others of each point.

    Raises:
        InputError: there are no points or no others.
    """
    require_images("nearest neighbours", {"given": len(points), "other": len(others)}, 1)
    found = [nearest_of_block(block, others, count) for _, block in blocks(points)]
    return Neighbours(*(np.concatenate(parts) for parts in zip(*found, strict=True)))


def nearest_of_block(points: np.ndarray, others: np.ndarray, count: int) -> Neighbours:
    """Find the nearest others block by block, then the nearest among these candidates."""
    indices, lengths = [], []
    for start, block in blocks(others):
        to_block = distances(points, block)
        near = np.argpartition(to_block, min(count, len(block)) - 1, axis=1)[:, :count]
        indices.append(start + near)
        lengths.append(np.take_along_axis(to_block, near, axis=1))
    all_indices, all_lengths = np.concatenate(indices, axis=1), np.concatenate(lengths, axis=1)
    order = np.argsort(all_lengths, axis=1, kind="stable")[:, :count]
    return Neighbours(np.take_along_axis(all_indices, order, axis=1), np.take_along_axis(all_lengths, order, axis=1))


def distances(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Euclidean distances between points (N, D) and (M, D), (N, M), computed from |x|^2 + |y|^2 - 2 x.y in float64.

    Values within rounding error of 0 are set to 0, so that equal points have distance 0 for any order of summation.
    """
    x, y = x.astype(np.float64), y.astype(np.float64)
    return lengths(x @ y.T, np.square(x).sum(1), np.square(y).sum(1))


def lengths(products: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Inner products (N, M) of points with squared lengths x (N,) and y (M,), all float64 -> Euclidean distances (N, M)."""
    norms = x[:, None] + y
    found = norms - 2 * products
    found[found < ROUNDING * norms] = 0
    roots: np.ndarray = np.sqrt(found, out=found)
    return roots

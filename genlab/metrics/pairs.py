"""Sums and neighbours over all pairs of images, from one pass over blocks of inner products.

KID, its spread over subsets, precision, recall, density and coverage all depend on inner products of features only. Computing the products
once for all of them, block by block, takes a fraction of the time, and memory that does not grow with their number.
"""

from typing import NamedTuple

import numpy as np

from genlab.metrics.blocks import blocks
from genlab.metrics.kernel import cubic
from genlab.metrics.neighbours import lengths


class Within(NamedTuple):
    """What pairs of different images of one set give. It is the same for all sets that it is compared with."""

    kernel: np.ndarray  # (R,), sum of k(x, y) over the ordered pairs of each selection
    nearest: np.ndarray  # (N, K), Euclidean distances to the K nearest other images, ascending


class Between(NamedTuple):
    """What pairs of a real and a generated image give. A ball reaches to the k-th nearest other image of its own set."""

    kernel: np.ndarray  # (R,), sum of k(x, y) over the pairs of each selection
    in_real: np.ndarray  # (M,), bool: whether the generated image is in the ball of a real one
    in_fake: np.ndarray  # (N,), bool: whether the real image is in the ball of a generated one
    balls: np.ndarray  # (M,), number of the larger balls of real images that the generated image is in
    covered: np.ndarray  # (N,), bool: whether a generated image is in the larger ball of the real one


def within(
    features: np.ndarray,  # (N, D)
    selections: np.ndarray,  # (N, R), 1 for the images of each selection and 0 for all others
    count: int,  # K, at most N - 1 distances are found
) -> Within:
    """Compute kernel sums and nearest neighbours within a set. Each block of products is used for both of its sides."""
    kernel, count = np.zeros(selections.shape[1]), min(count, len(features) - 1)
    near = np.full((len(features), count), np.inf)
    for row, x in blocks(features):
        rows = slice(row, row + len(x))
        for column, y in blocks(features[row:]):
            columns = slice(row + column, row + column + len(y))
            products = inner(x, y)
            values, distances = cubic(products, features.shape[1]), lengths(products, squares(x), squares(y))
            if column == 0:
                np.fill_diagonal(values, 0)
                np.fill_diagonal(distances, np.inf)
            kernel += (1 if column == 0 else 2) * selected(values, selections[rows], selections[columns])
            near[rows] = smallest(near[rows], distances)
            if column:
                near[columns] = smallest(near[columns], distances.T)
    return Within(kernel, near)


def between(
    real: np.ndarray,  # (N, D)
    fake: np.ndarray,  # (M, D)
    selections: tuple[np.ndarray, np.ndarray],  # (N, R) and (M, R), as in `within`
    reach: tuple[np.ndarray, np.ndarray],  # (N,) and (M,), radii of the balls of real and of generated images
    wide: np.ndarray,  # (N,), radii of the larger balls of real images
) -> Between:
    """Compute kernel sums between two sets, and which images are in the balls of the other set."""
    kernel = np.zeros(selections[0].shape[1])
    in_real, balls = np.zeros(len(fake), bool), np.zeros(len(fake), int)
    in_fake, covered = np.zeros(len(real), bool), np.zeros(len(real), bool)
    for row, x in blocks(real):
        rows = slice(row, row + len(x))
        for column, y in blocks(fake):
            columns = slice(column, column + len(y))
            products = inner(x, y)
            distances = lengths(products, squares(x), squares(y))
            kernel += selected(cubic(products, real.shape[1]), selections[0][rows], selections[1][columns])
            in_real[columns] |= (distances <= reach[0][rows, None]).any(0)
            in_fake[rows] |= (distances <= reach[1][columns]).any(1)
            inside = distances <= wide[rows, None]
            balls[columns] += inside.sum(0)
            covered[rows] |= inside.any(1)
    return Between(kernel, in_real, in_fake, balls, covered)


def inner(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Inner products of blocks (n, D) and (m, D) in float64, (n, m)."""
    products: np.ndarray = x.astype(np.float64) @ y.astype(np.float64).T
    return products


def squares(x: np.ndarray) -> np.ndarray:
    """Squared lengths of the rows of a block (n, D) in float64, (n,)."""
    wide = x.astype(np.float64)
    lengths_squared: np.ndarray = np.einsum("nd,nd->n", wide, wide)
    return lengths_squared


def selected(values: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Sum of a block (n, m) over the rows (n, R) and columns (m, R) of each selection, (R,)."""
    sums: np.ndarray = np.einsum("nr,nr->r", rows, values @ columns)
    return sums


def smallest(known: np.ndarray, found: np.ndarray) -> np.ndarray:
    """The K smallest of K known and m further values of each row, (n, K) and (n, m) -> (n, K), ascending."""
    count = known.shape[1]
    near = np.partition(found, count - 1, axis=1)[:, :count] if found.shape[1] > count else found
    return np.sort(np.concatenate([known, near], axis=1), axis=1)[:, :count]

"""Helpers for the sums of an M step: images of a component, safe divisors, and repair of rounding errors."""

from collections.abc import Iterator

import torch
from torch import Tensor

DENSE = 0.4  # share of images above which the sums of a component use all images


def images_by_component(x: Tensor, weights: Tensor, negligible: float) -> Iterator[tuple[int, Tensor, Tensor]]:
    """Yield each component with the images (M, D) of a weight above `negligible`, and their weights (M,).

    If many images qualify, all are used: copying would cost more than it saves. Omitted weights add up to at most N x negligible.
    """
    kept = weights > negligible
    for k, count in enumerate(kept.sum(0).tolist()):
        if count > DENSE * len(x):
            yield k, x, weights[:, k]
        elif count:
            rows = kept[:, k].nonzero()[:, 0]
            yield k, x[rows], weights[rows, k]


def with_least_eigenvalue(matrices: Tensor, least: float) -> Tensor:
    """Raise the eigenvalues of symmetric matrices (..., D, D) to at least `least`.

    A sum of squares has no negative eigenvalues, but in float32 rounding can produce some, of about 1e-7 of the largest: more than a
    small regularisation adds.
    """
    values, vectors = torch.linalg.eigh(matrices)
    raised: Tensor = vectors * values.clamp(min=least)[..., None, :] @ vectors.mT
    return raised


def squared_distances(x: Tensor, means: Tensor) -> Tensor:
    """Squared Euclidean distances between x (N, D) and means (K, D) -> (N, K), without cancellation."""
    return torch.cdist(x, means, compute_mode="donot_use_mm_for_euclid_dist").square()


def clamp_positive(counts: Tensor) -> Tensor:
    """Clamp counts to positive numbers, for use as divisors."""
    return counts.clamp(min=torch.finfo(torch.float64).tiny)

"""Helpers for the sums of an M step: the images of a component, divisors, and repair of rounding errors."""

from collections.abc import Iterator

import torch
from torch import Tensor

DENSE = 0.4  # share of images above which a component's sums are taken over all of them


def chosen(x: Tensor, weights: Tensor, negligible: float) -> Iterator[tuple[int, Tensor, Tensor]]:
    """Component, the images (M, D) that are its own by more than `negligible`, and their weights (M,).

    All images where most are: copying them would cost more than it saves. What is left out adds up to at most N x negligible.
    """
    kept = weights > negligible
    for k, count in enumerate(kept.sum(0).tolist()):
        if count > DENSE * len(x):
            yield k, x, weights[:, k]
        elif count:
            rows = kept[:, k].nonzero()[:, 0]
            yield k, x[rows], weights[rows, k]


def with_least_eigenvalue(matrices: Tensor, least: float) -> Tensor:
    """Symmetric matrices (..., D, D), with no eigenvalue below `least`.

    A sum of squares has none below 0, but in float32 it may have, by 1e-7 of the largest: more than a small regularisation adds.
    """
    values, vectors = torch.linalg.eigh(matrices)
    return vectors * values.clamp(min=least)[..., None, :] @ vectors.mT


def squared_distances(x: Tensor, means: Tensor) -> Tensor:
    """(N, D), (K, D) -> (N, K)."""
    return torch.cdist(x, means, compute_mode="donot_use_mm_for_euclid_dist").square()


def positive(counts: Tensor) -> Tensor:
    """So that nothing is divided by 0."""
    return counts.clamp(min=torch.finfo(torch.float64).tiny)

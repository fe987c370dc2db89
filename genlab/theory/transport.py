"""Exact optimal transport between samples, by the network simplex algorithm of POT (Flamary et al. 2021, JMLR 22(78))."""

import torch
from torch import Tensor

from genlab.errors import InputError


def wasserstein_1(first: Tensor, second: Tensor) -> float:
    """Wasserstein-1 distance between the empirical distributions of points (N, D) and (M, D), with Euclidean costs.

    It is the exact distance of the samples, whose mean exceeds that of the distributions, by O(N^(-1/2)) for D = 1 and for D = 2 up to a
    logarithm.

    Raises:
        InputError: POT is not installed.
    """
    try:
        import ot
    except ModuleNotFoundError as error:
        raise InputError(
            f"Optimal transport needs the package {error.name}, which isn't installed. Install it with pip install 'genlab[theory]'."
        ) from error
    costs = torch.cdist(first.double(), second.double(), compute_mode="donot_use_mm_for_euclid_dist").numpy()
    return float(ot.emd2([], [], costs, numItermax=10_000_000))

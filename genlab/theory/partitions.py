"""Divergences of the shares of samples in the cells of a partition, which are lower bounds of those of the distributions."""

import torch
from torch import Tensor


def in_cells(first: Tensor, second: Tensor, border: float) -> tuple[float, float]:
    """KL and JSD, in nats, of the shares of points (N, 2) left and right of a vertical line.

    Divergences between shares in the cells of any partition are lower bounds of those of the distributions, and their supremum over all
    partitions is the divergence (Gelfand, Yaglom and Perez). If the line separates the distributions, they are equal already.
    """
    p, q = (torch.stack([left, 1 - left]) for left in ((points[:, 0] < border).double().mean() for points in (first, second)))
    middle = (p + q) / 2
    return divergence(p, q), (divergence(p, middle) + divergence(q, middle)) / 2


def divergence(p: Tensor, q: Tensor) -> float:
    """KL(p || q) of probabilities (K,), in nats; infinite if q is 0 where p is not."""
    return float(torch.where(p > 0, p * (p / q).log(), 0.0).sum())

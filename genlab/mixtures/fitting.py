"""Fitting of Gaussian mixtures to vectors that fit into memory."""

from torch import Tensor

from genlab.mixtures.gaussian_mixture import GaussianMixture, Step


def fit(mixture: GaussianMixture, x: Tensor, most: int = 100) -> list[Step]:
    """Run EM on vectors (N, D) in memory until convergence, with at most `most` iterations, and return its steps."""
    steps: list[Step] = []
    while len(steps) < most and not mixture.converged:
        mixture.accumulate(x)
        steps.append(mixture.maximise())
    return steps

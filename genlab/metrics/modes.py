"""Mode collapse on distributions with isolated modes: modes caught, high-quality samples, and balance between the modes."""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from genlab.errors import InputError

DEVIATIONS = 3.0  # a sample is of high quality within this many standard deviations of a mode


class Modes(NamedTuple):
    """Which modes samples belong to."""

    caught: int  # modes with at least one high-quality sample
    high_quality: float  # share of the samples within 3 standard deviations of a mode
    divergence: float  # KL in nats of the modes' frequencies among high-quality samples from the uniform distribution; NaN without any


def caught_modes(
    points: Tensor,  # samples, (N, D)
    modes: Tensor,  # centres, (K, D)
    deviation: float,  # standard deviation per coordinate around each mode
) -> Modes:
    """Count the modes that samples cover. Srivastava et al. 2017 (arXiv:1705.07761), section 5.1.

    A sample is of high quality if its Euclidean distance from the nearest mode is at most 3 deviations; the nearest mode is then caught.
    In the plane, exp(-4.5) = 1.1 % of the true samples are further away.

    Raises:
        InputError: there are no samples.
    """
    if not len(points):
        raise InputError("modes: got no samples, expected at least one.")
    nearest = torch.cdist(points.double(), modes.double()).min(1)
    good = nearest.indices[nearest.values <= DEVIATIONS * deviation]
    counts = torch.bincount(good, minlength=len(modes))
    return Modes(int((counts > 0).sum()), len(good) / len(points), from_uniform(counts))


def from_uniform(counts: Tensor) -> float:
    """KL divergence in nats of relative frequencies, given as counts (K,), from the uniform distribution; NaN if all are 0.

    It is 0 for equal counts and log K if one mode has all samples. With few samples per mode it is positive even for a perfect model.
    """
    total = int(counts.sum())
    if total == 0:
        return math.nan
    shares = counts[counts > 0].double() / total
    return float((shares * (shares * len(counts)).log()).sum())


class Moments(NamedTuple):
    """Errors of the first two moments of samples."""

    mean: float  # Euclidean distance of the means
    covariance: float  # Frobenius norm of the difference of the covariances, relative to that of the true one


def moment_errors(points: Tensor, truth: Tensor) -> Moments:
    """Compare mean and covariance of samples (N, D) with those of true samples (M, D)."""
    samples, expected = points.double(), truth.double()
    difference = torch.atleast_2d(samples.T.cov()) - torch.atleast_2d(expected.T.cov())
    scale = torch.linalg.matrix_norm(torch.atleast_2d(expected.T.cov()))
    return Moments(float((samples.mean(0) - expected.mean(0)).norm()), float(torch.linalg.matrix_norm(difference) / scale))

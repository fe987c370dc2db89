"""FID extrapolated to an infinite number of images. Chong and Forsyth 2020 (arXiv:1911.07023)."""

from functools import reduce
from operator import add

import numpy as np

from genlab.errors import InputError
from genlab.metrics.content_order import content_order
from genlab.metrics.estimate import Estimate
from genlab.metrics.frechet import root
from genlab.metrics.moments import Moments, moments_of

PIECES = 16  # disjoint pieces of the samples; subsets are unions of pieces
FEWEST_SIZES = 8  # points of the fit, at least


def frechet_infinity(
    real: Moments,  # of as many real images as possible: their own bias remains
    fake: np.ndarray,  # features of samples (N, D)
    seed: int = 0,
) -> Estimate:
    """Intercept of a line through FID against 1 / N, and its standard error. Section 4: the bias of FID is close to linear in 1 / N.

    Like the paper, fits up to 15 evenly spaced sizes, here N / 8 to N, with samples drawn without replacement. Sizes of at most D, where
    the bias is not linear, are left out. A subset is a union of disjoint pieces whose moments are computed once, so that all subsets
    together cost one pass over the features, and the memory of 16 D x D matrices. Subsets overlap: the standard error is too small, more
    so than with independent samples.

    Raises:
        InputError: there are too few samples for a fit with 8 sizes above D.
    """
    count, size = fake.shape
    if count < (fewest := fewest_images(size)):
        raise InputError(
            f"FID-infinity: got {count:,} generated images, expected at least {fewest:,}, since FID is extrapolated from {FEWEST_SIZES} or "
            f"more sizes above the number of features, {size:,}. Generate more images."
        )
    order = content_order(fake, seed)
    pieces = [moments_of(fake[np.sort(piece)]) for piece in np.array_split(order, PIECES)]
    random, factor = np.random.default_rng(seed), root(real)
    points = []
    for number in range(2, PIECES + 1):
        subset = reduce(add, [pieces[index] for index in random.choice(PIECES, number, replace=False)])
        if subset.count > size:
            points.append((1 / subset.count, squared_distance(real, factor, subset)))
    from scipy.stats import linregress

    fit = linregress(*zip(*points, strict=True))
    return Estimate(float(fit.intercept), float(fit.intercept_stderr))


def fewest_images(size: int) -> int:
    """Smallest number of images with D features for which 8 of the evenly spaced sizes are above D."""
    return -(-(size + 1) * PIECES // (PIECES - FEWEST_SIZES + 1))


def squared_distance(real: Moments, factor: np.ndarray, fake: Moments) -> float:
    """Frechet distance, where A (D, R) with A A^T = S_r is known: the root's trace is that of (A^T S_f A)^(1/2).

    It takes a third of the time of `frechet_distance_of_moments`. Its rounding errors, of the order of sqrt(eps), are far below the
    scatter of FID over subsets.
    """
    covariance = fake.covariance
    roots = np.sqrt(np.linalg.eigvalsh(factor.T @ covariance @ factor).clip(min=0))
    return float(np.square(real.mean - fake.mean).sum() + np.square(factor).sum() + np.trace(covariance) - 2 * roots.sum())

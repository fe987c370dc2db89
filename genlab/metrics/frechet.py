"""Frechet inception distance: the distance between Gaussians fitted to two sets of features."""

import numpy as np

from genlab.metrics.counts import require_images
from genlab.metrics.moments import Moments, moments_of


def frechet_distance(real: np.ndarray, fake: np.ndarray) -> float:
    """Features (N, D), (M, D) -> |mu_r - mu_f|^2 + tr(S_r + S_f - 2 (S_r S_f)^(1/2)). Heusel et al. 2017 (arXiv:1706.08500), equation 6.

    The trace of the matrix root is the sum of the singular values of A_r^T A_f with S_r = A_r A_r^T and S_f = A_f A_f^T. The estimate is
    biased upwards unless N is well above D; report N together with the distance.

    Raises:
        InputError: a set has fewer than two images, which have no covariance.
    """
    require_images("Frechet distance (FID)", {"real": len(real), "generated": len(fake)}, 2)
    if min(len(real), len(fake)) > real.shape[1]:
        return frechet_distance_of_moments(moments_of(real), moments_of(fake))
    # With fewer images than features, factors of the covariances are the centred features themselves.
    factors = [(rows - rows.mean(0)).T / np.sqrt(len(rows) - 1) for rows in (real.astype(np.float64), fake.astype(np.float64))]
    means = [each.mean(0, dtype=np.float64) for each in (real, fake)]
    return distance(*means, *factors)


def frechet_distance_of_moments(real: Moments, fake: Moments) -> float:
    """Moments of D features -> the same distance as `frechet_distance` of the features, which need not be in memory.

    Raises:
        InputError: a set has fewer than two images.
    """
    require_images("Frechet distance (FID)", {"real": real.count, "generated": fake.count}, 2)
    return distance(real.mean, fake.mean, factor(real), factor(fake))


def distance(
    real_mean: np.ndarray,  # (D,)
    fake_mean: np.ndarray,
    real_root: np.ndarray,  # A (D, R) with A A^T = covariance
    fake_root: np.ndarray,  # (D, R')
) -> float:
    """Frechet distance from means and factors of covariances; never negative.

    Singular values of a product of factors have errors of the order of eps. Square roots of the eigenvalues of A_r^T S_f A_r or of S_r S_f,
    which are rounded before the root is taken, have errors of the order of sqrt(eps) wherever a covariance is almost singular: 1e-7 of the
    distance with three dead features (benchmarks/evaluation.py --frechet).
    """
    roots = np.linalg.svd(real_root.T @ fake_root, compute_uv=False)
    means = np.square(real_mean - fake_mean).sum()
    return max(float(means + np.square(real_root).sum() + np.square(fake_root).sum() - 2 * roots.sum()), 0.0)


def factor(moments: Moments) -> np.ndarray:
    """Moments of D features -> A (D, R) with A A^T = covariance: Cholesky's factor, a tenth of the work of `root`, if it is accurate.

    Features that are the same in all images have no variance and are left out of the factorisation.
    """
    covariance = moments.covariance
    variances = np.diag(covariance)
    varies = variances > 0
    if not varies.any() or moments.count <= varies.sum():
        return root(moments)
    try:
        lower = np.linalg.cholesky(covariance[np.ix_(varies, varies)])
    except np.linalg.LinAlgError:  # features depend on each other
        return root(moments)
    if np.diag(lower).min() ** 2 <= rounding(variances.max(), len(variances)):  # and rounding errors hide it
        return root(moments)
    found = np.zeros((len(covariance), lower.shape[1]))
    found[varies] = lower
    return found


def rounding(largest: float, size: int) -> float:
    """Bound of the rounding errors of a covariance of D features."""
    return max(largest, 0.0) * size * float(np.finfo(np.float64).eps)


def root(moments: Moments) -> np.ndarray:
    """Moments of D features -> A (D, R) with A A^T = covariance, where R <= D is its rank."""
    values, vectors = np.linalg.eigh(moments.covariance)
    # N images span at most N - 1 directions. Smaller eigenvalues are rounding errors, of which square roots would be large.
    kept = (values > rounding(values[-1], len(values))) & (np.arange(len(values))[::-1] < moments.count - 1)
    factor: np.ndarray = vectors[:, kept] * np.sqrt(values[kept])
    return factor

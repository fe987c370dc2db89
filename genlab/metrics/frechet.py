"""Frechet inception distance: the distance between Gaussians fitted to two sets of features."""

import numpy as np

from genlab.metrics.counts import require_images


def frechet_distance(real: np.ndarray, fake: np.ndarray) -> float:
    """Features (N, D), (M, D) -> |mu_r - mu_f|^2 + tr(S_r + S_f - 2 (S_r S_f)^(1/2)). Heusel et al. 2017 (arXiv:1706.08500), equation 6.

    The trace of the matrix root is the sum of the square roots of the eigenvalues of A S_f A^T with S_r = A^T A. The estimate is biased
    upwards unless N is well above D; report N together with the distance.

    Raises:
        InputError: a set has fewer than two images, which have no covariance.
    """
    require_images("Frechet distance (FID)", {"real": len(real), "generated": len(fake)}, 2)
    real, fake = real.astype(np.float64), fake.astype(np.float64)
    mean_distance = np.square(real.mean(0) - fake.mean(0)).sum()
    centred_real = (real - real.mean(0)) / np.sqrt(len(real) - 1)
    centred_fake = (fake - fake.mean(0)) / np.sqrt(len(fake) - 1)
    # The eigenvalues of S_r S_f are the squared singular values of X_r X_f^T, so that neither covariance is computed.
    roots = np.linalg.svd(triangle(centred_real) @ triangle(centred_fake).T, compute_uv=False)
    return float(mean_distance + np.square(centred_real).sum() + np.square(centred_fake).sum() - 2 * roots.sum())


def triangle(x: np.ndarray) -> np.ndarray:
    """Matrix (N, D) -> R (D, D) of its QR decomposition if N > D, which has the same singular values; otherwise the matrix itself."""
    if len(x) <= x.shape[1]:
        return x
    factor: np.ndarray = np.linalg.qr(x, mode="r")  # type: ignore[assignment]  # an array in this mode
    return factor

"""Information criteria of Gaussian mixtures, to choose the number of components. Lower is better."""

import math
from collections.abc import Callable, Mapping

from genlab.mixtures.gaussian_mixture import GaussianMixture


def free_parameters(mixture: GaussianMixture) -> int:
    """Number p of fitted parameters: weights, means and covariances."""
    count, size = mixture.components, mixture.size
    return count - 1 + count * size + mixture.covariance.free_parameters(count, size)


def bic(mixture: GaussianMixture, images: int) -> float:
    """Bayesian information criterion of the last pass over N images: -2 log L + p log N. Schwarz 1978."""
    return -2 * images * float(mixture.log_likelihood) + free_parameters(mixture) * math.log(images)


def aic(mixture: GaussianMixture, images: int) -> float:
    """Akaike information criterion of the last pass over N images: -2 log L + 2 p. Akaike 1974."""
    return -2 * images * float(mixture.log_likelihood) + 2 * free_parameters(mixture)


CRITERIA: Mapping[str, Callable[[GaussianMixture, int], float]] = {"bic": bic, "aic": aic}

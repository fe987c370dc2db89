"""Variational inference: divergences and bounds, in nats, as functions of the networks' outputs."""

import math

from torch import Tensor

from genlab.engine import parts as of_batch


def gaussian_divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(N(mean, variance) || N(0, 1)), elementwise for any shape. Kingma & Welling 2013 (arXiv:1312.6114), appendix B."""
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance)


def gaussian_log_density(value: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    """log N(value; mean, variance) of independent values, summed over the last axis: (..., D) -> (...)."""
    distance = (value - mean) * (-0.5 * log_variance).exp()
    return -0.5 * (distance.square() + log_variance + math.log(2 * math.pi)).sum(-1)


def free_bits(parts: Tensor, least: float) -> Tensor:
    """Divergences (N, P) -> their cost, (): the sum of each part's mean over the batch, with a minimum of `least` nats per part.

    Kingma et al. 2016 (arXiv:1606.04934), equation 15, with one group per part: below `least`, a latent has no further cost.
    """
    return of_batch.mean(parts.mean(0)).clamp(min=least).sum()


def importance_bound(log_weights: Tensor, samples: int) -> Tensor:
    """Log-weights log p(x, z) - log q(z | x), (K, N) -> importance-weighted bound (N,), the mean over K / `samples` groups of samples.

    Burda et al. 2015 (arXiv:1509.00519), equation 8. On the same weights, the bound never falls as nested groups grow, since the
    logarithm is concave.
    """
    groups: Tensor = log_weights.unflatten(0, (-1, samples))
    return (groups.logsumexp(1) - math.log(samples)).mean(0)


def slab_sizes(total: int, most: int) -> list[int]:
    """Split a total into parts of at most `most`."""
    return [min(most, total - start) for start in range(0, total, most)]

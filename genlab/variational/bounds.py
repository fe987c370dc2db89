"""Variational inference: divergences and bounds, in nats, as functions of what the networks say."""

import math

from torch import Tensor


def gaussian_divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(N(mean, variance) || N(0, 1)) of each number, any shape. Kingma & Welling 2013 (arXiv:1312.6114), appendix B."""
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance)


def gaussian_log_density(value: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    """log N(value; mean, variance) of independent numbers, summed over the last axis: (..., D) -> (...)."""
    distance = (value - mean) * (-0.5 * log_variance).exp()
    return -0.5 * (distance.square() + log_variance + math.log(2 * math.pi)).sum(-1)


def free_bits(parts: Tensor, least: float) -> Tensor:
    """Divergences (N, P) -> what is paid for them, (): each part's mean over the batch, but never less than `least`.

    Kingma et al. 2016 (arXiv:1606.04934), equation 15, with a group a part: below `least` nats a latent costs nothing.
    """
    return parts.mean(0).clamp(min=least).sum()


def importance_bound(log_weights: Tensor, samples: int) -> Tensor:
    """Log-weights (K, N) of log p(x, z) - log q(z | x) -> the bound by so many samples, (N,): the mean over K / samples groups.

    Burda et al. 2015 (arXiv:1509.00519), equation 8. Of groups that lie in one another the bound never falls with their size, on these
    very weights: the logarithm is concave.
    """
    return (log_weights.unflatten(0, (-1, samples)).logsumexp(1) - math.log(samples)).mean(0)

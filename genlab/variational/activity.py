"""Active latents of a variational autoencoder: those with a posterior mean that varies between images."""

from torch import Tensor

ACTIVE = 0.01  # minimum variance of an active latent's posterior mean; the prior's variance is 1


def activity(means: Tensor) -> Tensor:
    """Posterior means (N, D) -> activity A = Cov_x(E_q[z | x]) of each latent, (D,). Burda et al. 2015 (arXiv:1509.00519), section 5."""
    return means.var(0, correction=0)


def active_units(means: Tensor) -> int:
    """Posterior means (N, D) -> number of active latents."""
    return int((activity(means) > ACTIVE).sum())

"""Which latents a model uses: those whose posterior mean moves from image to image."""

from torch import Tensor

ACTIVE = 0.01  # variance, where the prior has 1


def activity(means: Tensor) -> Tensor:
    """Posterior means (N, D) -> A = Cov_x(E_q[z | x]) of each latent, (D,). Burda et al. 2015 (arXiv:1509.00519), section 5."""
    return means.var(0, correction=0)


def active_units(means: Tensor) -> int:
    """Posterior means (N, D) -> how many latents are in use."""
    return int((activity(means) > ACTIVE).sum())

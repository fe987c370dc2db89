"""Priors p(z) of latents: densities, and samples as functions of noise from N(0, 1)."""

from typing import Protocol

import torch
from torch import Tensor, nn

from genlab.errors import InputError
from genlab.networks.latents import pick_component
from genlab.variational.bounds import gaussian_divergence, gaussian_log_density


class Prior(Protocol):
    """A prior p(z) of latents (..., latent_size)."""

    latent_size: int
    noise_size: int  # number of values from N(0, 1) that generate a sample
    components: int  # K of a mixture; 0: no mixture

    def __call__(self, noise: Tensor) -> Tensor:
        """Noise (N, noise_size) from N(0, 1) -> samples z (N, latent_size)."""

    def log_prob(self, z: Tensor) -> Tensor:
        """Latents (..., latent_size) -> log p(z), (...)."""

    def divergence(self, mean: Tensor, log_variance: Tensor, z: Tensor) -> Tensor:
        """KL(q || p) of posteriors q = N(mean, variance) (N, latent_size), or its estimate at samples z of q -> parts (N, P)."""

    def responsibilities(self, z: Tensor) -> Tensor:
        """Latents (N, latent_size) -> p(k | z), (N, components)."""

    def moments(self) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation of each latent, (latent_size,) each."""


class StandardNormal(nn.Module):
    """Standard normal prior N(0, I)."""

    components = 0
    zero: Tensor

    def __init__(self, latent_size: int):
        super().__init__()
        self.latent_size = self.noise_size = latent_size
        self.register_buffer("zero", torch.zeros(latent_size), persistent=False)

    def forward(self, noise: Tensor) -> Tensor:
        """Return the noise (N, latent_size) unchanged."""
        return noise

    def log_prob(self, z: Tensor) -> Tensor:
        """Latents (..., latent_size) -> log p(z), (...)."""
        return gaussian_log_density(z, self.zero, self.zero)

    def divergence(self, mean: Tensor, log_variance: Tensor, z: Tensor) -> Tensor:
        """KL(N(mean, variance) || p) of each latent, (N, latent_size); the sample z is not used."""
        return gaussian_divergence(mean, log_variance)

    def responsibilities(self, z: Tensor) -> Tensor:
        """Empty tensor (N, 0), since there are no components."""
        return z[:, :0]

    def moments(self) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation of each latent, (latent_size,) each."""
        return self.zero, self.zero + 1


RATE_FACTOR = (
    10.0  # speed-up of the weights: Adam's steps are limited to the learning rate, and an unused component's weight has to fall far
)


class Mixture(nn.Module):
    """Learnt Gaussian mixture as prior of the latents: sum_k pi_k N(mu_k, diag(sigma_k^2)).

    As in Jiang et al. 2016 (VaDE, arXiv:1611.05148) and Dilokthanakul et al. 2016 (arXiv:1611.02648), but with the component summed out;
    they infer it in addition to z. A learnt prior is closer to the actual codes: Tomczak & Welling 2017 (arXiv:1705.07120).
    """

    def __init__(
        self,
        latent_size: int,
        components: int,  # K
        spread: float = 1.0,  # initial standard deviation of the means; with 0, all components would stay identical
    ):
        super().__init__()
        if components < 1 or not spread > 0:
            raise InputError(f"components and spread: got {components} and {spread}, expected at least 1 and a positive number.")
        self.latent_size, self.noise_size, self.components = latent_size, latent_size + 1, components
        self.raw = nn.Parameter(torch.zeros(components))
        self.means = nn.Parameter(spread * torch.randn(components, latent_size))
        self.log_deviations = nn.Parameter(torch.zeros(components, latent_size))

    @property
    def log_weights(self) -> Tensor:
        """log pi, (K,)."""
        return (RATE_FACTOR * self.raw).log_softmax(0)

    def forward(self, noise: Tensor) -> Tensor:
        """Noise (N, latent_size + 1) -> z (N, latent_size): the first number selects the component, the others are its noise."""
        component = pick_component(noise[:, 0], self.log_weights.exp().cumsum(0)[:-1])
        return self.means[component] + self.log_deviations[component].exp() * noise[:, 1:]

    def joint(self, z: Tensor) -> Tensor:
        """Latents (..., latent_size) -> log p(z, k), (..., K)."""
        return self.log_weights + gaussian_log_density(z[..., None, :], self.means, 2 * self.log_deviations)

    def log_prob(self, z: Tensor) -> Tensor:
        """Latents (..., latent_size) -> log p(z), (...)."""
        return self.joint(z).logsumexp(-1)

    def divergence(self, mean: Tensor, log_variance: Tensor, z: Tensor) -> Tensor:
        """log q(z) - log p(z) at one sample z of q = N(mean, variance), (N, 1): an unbiased estimate of KL(q || p), possibly negative."""
        return (gaussian_log_density(z, mean, log_variance) - self.log_prob(z))[:, None]

    def responsibilities(self, z: Tensor) -> Tensor:
        """Latents (N, latent_size) -> p(k | z), (N, K)."""
        return self.joint(z).softmax(-1)

    def moments(self) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation of each latent, (latent_size,) each."""
        weights = self.log_weights.exp()[:, None]
        mean = (weights * self.means).sum(0)
        return mean, (weights * ((2 * self.log_deviations).exp() + (self.means - mean).square())).sum(0).sqrt()

"""Priors p(z) of latents: as a density, and as something to sample from with numbers from N(0, 1)."""

from typing import Protocol

import torch
from torch import Tensor, nn

from genlab.errors import InputError
from genlab.networks.latents import pick_component
from genlab.variational.bounds import gaussian_divergence, gaussian_log_density


class Prior(Protocol):
    """p(z) of latents (..., latent_size)."""

    latent_size: int
    noise_size: int  # numbers from N(0, 1) that a sample is made of
    components: int  # 0: none

    def __call__(self, noise: Tensor) -> Tensor: ...
    def log_prob(self, z: Tensor) -> Tensor: ...
    def divergence(self, mean: Tensor, log_variance: Tensor, z: Tensor) -> Tensor: ...
    def responsibilities(self, z: Tensor) -> Tensor: ...
    def moments(self) -> tuple[Tensor, Tensor]: ...


class StandardNormal(nn.Module):
    """N(0, I)."""

    components = 0

    def __init__(self, latent_size: int):
        super().__init__()
        self.latent_size = self.noise_size = latent_size
        self.register_buffer("zero", torch.zeros(latent_size), persistent=False)

    def forward(self, noise: Tensor) -> Tensor:
        """Noise (N, latent_size) -> the same."""
        return noise

    def log_prob(self, z: Tensor) -> Tensor:
        """(..., latent_size) -> (...)."""
        return gaussian_log_density(z, self.zero, self.zero)

    def divergence(self, mean: Tensor, log_variance: Tensor, z: Tensor) -> Tensor:
        """KL(N(mean, variance) || p), a number a latent, (N, latent_size); the sample z isn't needed."""
        return gaussian_divergence(mean, log_variance)

    def responsibilities(self, z: Tensor) -> Tensor:
        """(N, 0)."""
        return z[:, :0]

    def moments(self) -> tuple[Tensor, Tensor]:
        """Mean and deviation of each latent, (latent_size,)."""
        return self.zero, self.zero + 1


AGILITY = 10.0  # of the weights: Adam moves a number by the learning rate alone, and that of a component nobody uses has a long way down


class Mixture(nn.Module):
    """sum_k pi_k N(mu_k, diag(sigma_k^2)), learnt: a Gaussian mixture of latents instead of images.

    As in Jiang et al. 2016 (VaDE, arXiv:1611.05148) and Dilokthanakul et al. 2016 (arXiv:1611.02648), but the component is summed out,
    where they infer it beside z. A prior that is learnt comes nearer to the codes there are: Tomczak & Welling 2017 (arXiv:1705.07120).
    """

    def __init__(
        self,
        latent_size: int,
        components: int,  # K
        spread: float = 1.0,  # deviation of the means at the start; at 0 all components would stay alike
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
        return (AGILITY * self.raw).log_softmax(0)

    def forward(self, noise: Tensor) -> Tensor:
        """Noise (N, latent_size + 1) -> z (N, latent_size): the first number picks the component, the others are its noise."""
        component = pick_component(noise[:, 0], self.log_weights.exp().cumsum(0)[:-1])
        return self.means[component] + self.log_deviations[component].exp() * noise[:, 1:]

    def joint(self, z: Tensor) -> Tensor:
        """log p(z, k), (..., latent_size) -> (..., K)."""
        return self.log_weights + gaussian_log_density(z[..., None, :], self.means, 2 * self.log_deviations)

    def log_prob(self, z: Tensor) -> Tensor:
        """(..., latent_size) -> (...)."""
        return self.joint(z).logsumexp(-1)

    def divergence(self, mean: Tensor, log_variance: Tensor, z: Tensor) -> Tensor:
        """log q(z) - log p(z) at one sample z of q = N(mean, variance), (N, 1): right on average, and may be negative."""
        return (gaussian_log_density(z, mean, log_variance) - self.log_prob(z))[:, None]

    def responsibilities(self, z: Tensor) -> Tensor:
        """p(k | z), (N, K)."""
        return self.joint(z).softmax(-1)

    def moments(self) -> tuple[Tensor, Tensor]:
        """Mean and deviation of each latent, (latent_size,)."""
        weights = self.log_weights.exp()[:, None]
        mean = (weights * self.means).sum(0)
        return mean, (weights * ((2 * self.log_deviations).exp() + (self.means - mean).square())).sum(0).sqrt()

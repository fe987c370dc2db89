"""The networks of a variational autoencoder in a release: one that samples, and two that infer from images."""

from typing import cast

import torch
from torch import Tensor, nn

from genlab.engine.precision import at_least_fp32
from genlab.networks.contracts import Coder
from genlab.variational.likelihoods import Likelihood
from genlab.variational.priors import Prior


class Generator(nn.Module):
    """Latent (N, latent_size) from N(0, 1) [, label (N,)] -> image (N, C, H, W) in [-1, 1], the mean of p(x | z).

    The prior maps the latent to z, and the decoder and the likelihood map z to the image.
    """

    def __init__(self, prior: Prior, decoder: nn.Module, likelihood: Likelihood):
        super().__init__()
        self.prior, self.decoder, self.likelihood = prior, decoder, likelihood
        self.latent_size, self.classes = prior.noise_size, cast(Coder, decoder).classes

    def forward(self, latent: Tensor, label: Tensor | None = None) -> Tensor:
        return self.likelihood.mean(at_least_fp32(self.decoder(self.prior(latent), label)))


class Encoder(nn.Module):
    """Image (N, C, H, W) as the likelihood scores it [, label (N,)] -> mean and log-variance of q(z | x), (N, D) each."""

    outputs = ("mean", "log_variance")

    def __init__(self, encoder: nn.Module):
        super().__init__()
        self.encoder, self.classes = encoder, cast(Coder, encoder).classes
        self.inputs = ("image", "label") if self.classes else ("image",)

    def forward(self, image: Tensor, label: Tensor | None = None) -> tuple[Tensor, Tensor]:
        mean, log_variance = at_least_fp32(self.encoder(image, label)).chunk(2, 1)
        return mean, log_variance


class Decoder(nn.Module):
    """Latent z (N, D), image (N, C, H, W) as it is scored [, label (N,)] -> mean of p(x | z) (N, C, H, W) and log p(x | z) (N,).

    With a mixture prior, log p(k, z), (N, K), is a third output. `image` has no effect on the mean.
    """

    def __init__(self, decoder: nn.Module, likelihood: Likelihood, prior: Prior):
        super().__init__()
        self.decoder, self.likelihood, self.prior = decoder, likelihood, prior
        self.classes, self.latent_size = cast(Coder, decoder).classes, prior.latent_size
        self.inputs = ("z", "image", "label") if self.classes else ("z", "image")
        self.outputs = ("decoded", "log_likelihood", *(("log_joint",) if prior.components else ()))

    def forward(self, z: Tensor, image: Tensor, label: Tensor | None = None) -> tuple[Tensor, ...]:
        outputs = at_least_fp32(self.decoder(z, label))
        found = (self.likelihood.mean(outputs), self.likelihood.log_prob(outputs, image))
        return (*found, cast(torch.nn.Module, self.prior).joint(z)) if self.prior.components else found  # type: ignore[operator]

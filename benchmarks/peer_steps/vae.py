"""Variational autoencoders (arXiv:1312.6114), with the structure of pytorch/examples `vae` and of pythae: one loss function, one step."""

from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from .peer import Batches, Peer, numbers


class Block(nn.Module):
    """Residual block of 1 x 1, 3 x 3 and 1 x 1 convolutions, (N, filters, H, W) -> same shape."""

    def __init__(self, filters: int):
        super().__init__()
        widen, mix = nn.Conv2d(filters, filters, 1), nn.Conv2d(filters, filters, 3, padding=1)
        self.layers = nn.Sequential(widen, nn.LeakyReLU(0.2), mix, nn.LeakyReLU(0.2), nn.Conv2d(filters, filters, 1, bias=False))
        for layer in (widen, mix):
            nn.init.kaiming_normal_(layer.weight, 0.2)

    def forward(self, features: Tensor) -> Tensor:
        deviation: Tensor = self.layers(features)
        return features + deviation


def encoder_of(channels: int, filters: list[int], side: int, latent_size: int) -> nn.Sequential:
    """Image -> mean and log-variance (N, 2 latent_size); `side` in px of the last feature map."""
    layers: list[nn.Module] = [nn.Conv2d(channels, filters[0], 3, padding=1), Block(filters[0])]
    for inputs, outputs in pairwise(filters):
        layers += [nn.AvgPool2d(2), nn.Conv2d(inputs, outputs, 1, bias=False), Block(outputs)]
    hidden = nn.Linear(filters[-1] * side**2, 256)
    return nn.Sequential(*layers, nn.LeakyReLU(0.2), nn.Flatten(), hidden, nn.LeakyReLU(0.2), nn.Linear(256, 2 * latent_size))


def decoder_of(channels: int, filters: list[int], side: int, latent_size: int) -> nn.Sequential:
    """Latent -> location and scale of each value, (N, 2 channels, H, W); `filters` as in the encoder."""
    up = filters[::-1]
    hidden = nn.Linear(256, up[0] * side**2)
    layers: list[nn.Module] = [nn.Linear(latent_size, 256), nn.LeakyReLU(0.2), hidden, nn.Unflatten(1, (up[0], side, side)), Block(up[0])]
    for inputs, outputs in pairwise(up):
        layers += [nn.Conv2d(inputs, outputs, 1, bias=False), nn.Upsample(scale_factor=2, mode="bilinear"), Block(outputs)]
    return nn.Sequential(*layers, nn.LeakyReLU(0.2), nn.Conv2d(up[-1], 2 * channels, 3, padding=1))


def discretised_logistic(outputs: Tensor, image: Tensor) -> Tensor:
    """Log-probability of 256 levels, (N,). Salimans et al. 2017 (arXiv:1701.05517), as in the public codes: difference of two sigmoids."""
    location, log_scale = outputs.chunk(2, 1)
    log_scale = torch.clamp(log_scale, min=-7.0)
    centred, inverse = image - location, torch.exp(-log_scale)
    upper, lower = inverse * (centred + 1 / 255), inverse * (centred - 1 / 255)
    difference = torch.sigmoid(upper) - torch.sigmoid(lower)
    log_lowest, log_highest = upper - functional.softplus(upper), -functional.softplus(lower)
    inside = torch.log(torch.clamp(difference, min=1e-12))
    return torch.where(image < -0.999, log_lowest, torch.where(image > 0.999, log_highest, inside)).sum([1, 2, 3])


def sampled(mean: Tensor, log_variance: Tensor) -> Tensor:
    """A sample of N(mean, exp(log_variance))."""
    deviation = torch.exp(0.5 * log_variance)
    return mean + torch.randn_like(deviation) * deviation


def divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Divergence of N(mean, exp(log_variance)) from N(0, 1), summed over the batch, a scalar."""
    return -0.5 * torch.sum(1 + log_variance - mean.pow(2) - log_variance.exp())


class ResidualVAE(Peer):
    """The recipe's residual networks and likelihood."""

    source, recipe, shape = "pythae, VAE", "vae", (28, 1)
    settings: ClassVar[Mapping[str, Any]] = {}

    def __init__(self, model: Mapping[str, Any]):
        super().__init__(model)
        encoder = model["encoder"]
        filters = [min(encoder["most"], encoder["width"] * 2**level) for level in range(3)]
        sizes = (encoder["channels"], filters, encoder["size"] // 4, encoder["latent_size"])
        self.encoder, self.decoder, self.beta = encoder_of(*sizes), decoder_of(*sizes), model["beta"]
        self.optimizer = torch.optim.Adam(self.parameters(), lr=1e-3)

    def step(self, batches: Batches) -> dict[str, float]:
        """One step of encoder and decoder."""
        image = next(batches)[0]
        self.optimizer.zero_grad()
        mean, log_variance = self.encoder(image).chunk(2, 1)
        reconstruction = -discretised_logistic(self.decoder(sampled(mean, log_variance)), image).mean()
        loss = reconstruction + self.beta * divergence(mean, log_variance) / len(image)
        loss.backward()
        self.optimizer.step()
        return numbers(loss=loss)

    def trained(self) -> Iterable[nn.Module]:
        """Encoder and decoder."""
        return self.encoder, self.decoder


class LinearVAE(Peer):
    """The fully connected networks of pytorch/examples, 784-400-20, with the binary cross-entropy, in batches of 128."""

    source, recipe, shape = "pytorch/examples, vae", "vae_binarised", (28, 1)
    settings: ClassVar[Mapping[str, Any]] = {
        "budget.batch_size": 128,
        "model.likelihood.binarise": "threshold",  # the example takes grey values for probabilities, and draws nothing
        "model.encoder.hidden": [400],
        "model.encoder.latent_size": 20,
        "model.encoder.activation": "relu",
        "model.decoder.hidden": [400],
        "model.decoder.latent_size": 20,
        "model.decoder.activation": "relu",
    }

    def __init__(self, model: Mapping[str, Any]):
        super().__init__(model)
        encoder = model["encoder"]
        pixels, hidden, latent = encoder["channels"] * encoder["size"] ** 2, encoder["hidden"][0], encoder["latent_size"]
        self.first, self.mean, self.log_variance = nn.Linear(pixels, hidden), nn.Linear(hidden, latent), nn.Linear(hidden, latent)
        self.third, self.fourth = nn.Linear(latent, hidden), nn.Linear(hidden, pixels)
        self.optimizer = torch.optim.Adam(self.parameters(), lr=1e-3)

    def step(self, batches: Batches) -> dict[str, float]:
        """One step on the images as probabilities of white."""
        image = (next(batches)[0] + 1) / 2
        self.optimizer.zero_grad()
        pixels = image.view(len(image), -1)
        hidden = functional.relu(self.first(pixels))
        mean, log_variance = self.mean(hidden), self.log_variance(hidden)
        again = torch.sigmoid(self.fourth(functional.relu(self.third(sampled(mean, log_variance)))))
        loss = functional.binary_cross_entropy(again, pixels, reduction="sum") + divergence(mean, log_variance)
        loss.backward()
        self.optimizer.step()
        return numbers(loss=loss)

    def trained(self) -> Iterable[nn.Module]:
        """All layers."""
        return self.first, self.mean, self.log_variance, self.third, self.fourth

"""Fully connected networks for MNIST-like images, as in the first GAN (Goodfellow et al. 2014, arXiv:1406.2661, section 5)."""

import math
from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn

from genlab.networks.first_layers import Layers, in_sequence
from genlab.networks.layers.initialise import normal


class Generator(nn.Module):
    """Latent (N, latent_size) -> image (N, C, size, size) in [-1, 1]."""

    classes = 0  # unconditional

    def __init__(
        self,
        size: int,  # of the images, pixels
        channels: int = 1,
        latent_size: int = 100,
        hidden: Sequence[int] = (256, 512, 1024),  # units per hidden layer, from the latent to the image
    ):
        super().__init__()
        self.size, self.latent_size, self.shape = size, latent_size, (channels, size, size)
        self.layers = nn.Sequential(*linear_layers([latent_size, *hidden]), nn.Linear(hidden[-1], math.prod(self.shape)), nn.Tanh())
        normal(self, 0.05)

    def forward(self, latent: Tensor) -> Tensor:
        images: Tensor = self.layers(latent).unflatten(1, self.shape)
        return images


class Critic(nn.Module):
    """Image (N, C, size, size) -> logits (N,)."""

    classes = 0  # unconditional

    def __init__(
        self,
        size: int,
        channels: int = 1,
        hidden: Sequence[int] = (1024, 512, 256),  # units per hidden layer, from the image to the logit
        dropout: float = 0.0,  # probability; the paper's critic uses dropout
    ):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Flatten(), *linear_layers([channels * size * size, *hidden], dropout), nn.Linear(hidden[-1], 1), nn.Flatten(0)
        )
        normal(self, 0.05)

    def first_layers(self) -> Layers:
        """Its linear layers, from the image on, without the last one."""
        return in_sequence(self.layers)

    def forward(self, image: Tensor) -> Tensor:
        logits: Tensor = self.layers(image)
        return logits


def linear_layers(units: Sequence[int], dropout: float = 0.0) -> list[nn.Module]:
    """Linear layers between consecutive numbers of units, each followed by leaky ReLU and, if the probability is not 0, dropout."""
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(units):
        layers += [nn.Linear(inputs, outputs), nn.LeakyReLU(0.2), *([nn.Dropout(dropout)] if dropout else [])]
    return layers

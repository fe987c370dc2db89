"""The networks of the first GAN: Goodfellow et al. 2014 (arXiv:1406.2661), section 5, with the sizes of its public code for MNIST.

The generator has rectified linear units and sigmoid outputs. The critic has maxout units (Goodfellow et al. 2013, arXiv:1302.4389) and
dropout. Noise enters at the lowest layer of the generator only. Weights start uniform, biases at zero.

Deviation from the public code: it sets the biases of the generator's outputs to the mean training image; here they start at zero, a grey
image, because a network does not see the images before training.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn

from genlab.errors import InputError
from genlab.networks.first_layers import Layers, in_sequence


class Generator(nn.Module):
    """Latent (N, latent_size) -> image (N, C, size, size) in [-1, 1]: 2 s - 1 for the sigmoid outputs s."""

    classes = 0  # unconditional

    def __init__(
        self,
        size: int,  # of the images, pixels
        channels: int = 1,
        latent_size: int = 100,
        hidden: Sequence[int] = (1200, 1200),  # rectified linear units per hidden layer
        weight_range: float = 0.05,  # weights start uniform in [-weight_range, weight_range]
    ):
        super().__init__()
        self.size, self.latent_size, self.shape = size, latent_size, (channels, size, size)
        layers: list[nn.Module] = []
        for inputs, outputs in pairwise([latent_size, *hidden]):
            layers += [nn.Linear(inputs, outputs), nn.ReLU()]
        self.layers = nn.Sequential(*layers, nn.Linear([latent_size, *hidden][-1], math.prod(self.shape)), nn.Sigmoid())
        uniform(self, weight_range)

    def forward(self, latent: Tensor) -> Tensor:
        images: Tensor = 2 * self.layers(latent).unflatten(1, self.shape) - 1
        return images


class Critic(nn.Module):
    """Image (N, C, size, size) in [-1, 1] -> logits (N,).

    Works on pixels in [0, 1]: dropout sets pixels to 0, which is black.
    """

    classes = 0  # unconditional

    def __init__(
        self,
        size: int,  # of the images, pixels
        channels: int = 1,
        hidden: Sequence[int] = (240, 240),  # maxout units per hidden layer
        pieces: int = 5,  # linear pieces per maxout unit
        input_dropout: float = 0.2,  # probability with which a pixel is dropped
        dropout: float = 0.5,  # probability with which a hidden unit is dropped
        weight_range: float = 0.005,  # weights start uniform in [-weight_range, weight_range]
    ):
        super().__init__()
        layers: list[nn.Module] = [nn.Flatten(), nn.Dropout(input_dropout)]
        units = [channels * size * size, *hidden]
        for inputs, outputs in pairwise(units):
            layers += [Maxout(inputs, outputs, pieces), nn.Dropout(dropout)]
        self.layers = nn.Sequential(*layers, nn.Linear(units[-1], 1), nn.Flatten(0))
        uniform(self, weight_range)

    def first_layers(self) -> Layers:
        """Its maxout layers."""
        return in_sequence(self.layers)

    def forward(self, image: Tensor) -> Tensor:
        logits: Tensor = self.layers((image + 1) / 2)
        return logits


class Maxout(nn.Module):
    """Values (N, inputs) -> (N, units): each unit is the maximum of `pieces` linear functions. arXiv:1302.4389, section 3.

    Raises:
        InputError: there is no piece.
    """

    def __init__(self, inputs: int, units: int, pieces: int):
        super().__init__()
        if pieces < 1:
            raise InputError(f"pieces: got {pieces}, expected at least 1 (linear function per maxout unit).")
        self.linear, self.shape = nn.Linear(inputs, units * pieces), (units, pieces)

    def forward(self, values: Tensor) -> Tensor:
        largest: Tensor = self.linear(values).unflatten(1, self.shape).amax(2)
        return largest


def uniform(module: nn.Module, weight_range: float) -> None:
    """Draw the weights of linear layers from U(-weight_range, weight_range), and set biases to zero."""
    for layer in module.modules():
        if isinstance(layer, nn.Linear):
            nn.init.uniform_(layer.weight, -weight_range, weight_range)
            nn.init.zeros_(layer.bias)

"""ProGAN: a generator and a critic that start at 4 px and grow (Karras et al. 2017, arXiv:1710.10196, section 2, table 2)."""

from collections.abc import Iterable
from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d

from genlab.networks.first_layers import Layers
from genlab.networks.growing import Stage, fade
from genlab.networks.layers.critic_head import CriticHead
from genlab.networks.layers.equalised import GAIN, EqualisedConv2d, EqualisedLinear, activate, pixel_norm
from genlab.networks.layers.resample import halve, nearest_convolved
from genlab.networks.shapes import COARSEST, check_side, filters_by_level, level_of


class Generator(nn.Module):
    """Latent (N, latent_size) -> image (N, C, side, side), with the side of the stage, up to `size`.

    Pixels are unbounded; the generator is trained on images in [-1, 1]. Size 1024, latent_size 512, width 16 and most 512 give table 2.
    """

    classes = 0  # unconditional

    def __init__(
        self,
        size: int,  # of the images at the last level, pixels: 8, 16, 32, ...
        channels: int = 3,
        latent_size: int = 512,
        width: int = 16,  # filters at the last side; doubled with each halving of the side
        most: int = 512,  # maximum number of filters at any side
    ):
        super().__init__()
        self.size, self.latent_size, self.stage = size, latent_size, Stage(size)
        filters = filters_by_level(size, width, most, "Generator")
        self.first = EqualisedLinear(latent_size, filters[0] * COARSEST**2, GAIN, bias=None)
        self.bias = nn.Parameter(torch.zeros(filters[0], 1, 1))
        self.second = EqualisedConv2d(filters[0], filters[0], 3)
        self.blocks = nn.ModuleList(Doubling(*pair) for pair in pairwise(filters))
        self.to_image = nn.ModuleList(EqualisedConv2d(count, channels, 1, gain=1.0) for count in filters)

    def grow(self, stage: Stage) -> None:
        """Switch to this stage of growth."""
        self.stage = stage

    def forward(self, latent: Tensor) -> Tensor:
        features = self.first(pixel_norm(latent)).unflatten(1, (-1, COARSEST, COARSEST)) + self.bias
        features = pixel_norm(activate(features))
        features = before = pixel_norm(activate(self.second(features)))
        level = level_of(self.stage.side)
        for block in self.blocks[:level]:
            before, features = features, block(features)
        image = self.to_image[level](features)
        return image if self.stage.alpha == 1 else fade(self.to_image[level - 1](before), image, self.stage.alpha)


class Doubling(nn.Module):
    """Features (N, inputs, H, W) -> (N, outputs, 2 H, 2 W): nearest neighbour, then two convolutions with pixel norm."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.layers = nn.ModuleList([EqualisedConv2d(inputs, outputs, 3), EqualisedConv2d(outputs, outputs, 3)])

    def forward(self, features: Tensor) -> Tensor:
        first, second = cast(Iterable[EqualisedConv2d], self.layers)
        features = pixel_norm(activate(nearest_convolved(features, first.scaled_weight(), first.bias)))
        return pixel_norm(activate(second(features)))


class Critic(nn.Module):
    """Image (N, C, side, side) -> logits (N,). Mirrors the generator, without pixel norm; also the critic of StyleGAN."""

    classes = 0  # unconditional

    def __init__(
        self,
        size: int,
        channels: int = 3,
        width: int = 16,
        most: int = 512,
        group_size: int = 4,  # images per group of the minibatch standard deviation
        filtered: bool = False,  # low-pass filter before each halving: StyleGAN (arXiv:1812.04948, appendix C), see Halving
    ):
        super().__init__()
        self.size, self.stage, self.filtered = size, Stage(size), filtered
        filters = filters_by_level(size, width, most, "Critic")
        self.from_image = nn.ModuleList(EqualisedConv2d(channels, count, 1) for count in filters)
        self.blocks = nn.ModuleList(Halving(fine, coarse, filtered) for coarse, fine in pairwise(filters))
        self.end = CriticHead(filters[0], group_size)
        self.to_logit = EqualisedLinear(filters[0], 1)

    def grow(self, stage: Stage) -> None:
        """Switch to this stage of growth."""
        self.stage = stage

    def first_layers(self) -> Layers:
        """The blocks from the finest side on, each with the 1 x 1 convolution of images of its side."""
        return [[self.from_image[number + 1], self.blocks[number]] for number in reversed(range(len(self.blocks)))]

    def forward(self, image: Tensor) -> Tensor:
        check_side(image, self.stage.side)
        level = level_of(self.stage.side)
        features = activate(self.from_image[level](image))
        for number in reversed(range(level)):
            features = self.blocks[number](features)
            if number == level - 1 and self.stage.alpha < 1:
                before = activate(self.from_image[number](avg_pool2d(image, 2)))
                features = before.lerp(features, self.stage.alpha)
        logits: Tensor = self.to_logit(self.end(features)).flatten()
        return logits


class Halving(nn.Module):
    """Features (N, inputs, H, W) -> (N, outputs, H / 2, W / 2): two convolutions, then a halving with or without low-pass filter.

    Table 2 halves after the second activation. StyleGAN's public code filters before the second convolution and halves before its
    activation; here the filter follows the activation.
    """

    def __init__(self, inputs: int, outputs: int, filtered: bool):
        super().__init__()
        self.layers = nn.ModuleList([EqualisedConv2d(inputs, inputs, 3), EqualisedConv2d(inputs, outputs, 3)])
        self.filtered = filtered

    def forward(self, features: Tensor) -> Tensor:
        for layer in self.layers:
            features = activate(layer(features))
        return halve(features) if self.filtered else avg_pool2d(features, 2)

"""StyleGAN's synthesis: styles by adaptive instance normalisation, noise at every layer; it grows (arXiv:1812.04948)."""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import instance_norm

from genlab.networks.growing import Stage, fade
from genlab.networks.layers.equalised import EqualisedConv2d, EqualisedLinear, activate
from genlab.networks.layers.resample import double
from genlab.networks.shapes import COARSEST, filters_by_level, level_of
from genlab.networks.style import noise_maps, noise_numbers


class AdaIN(nn.Module):
    """Features (N, C, H, W), style (N, style_size) -> each map of the mean and deviation that the style says. Equation 1.

    y = A w: the deviations, 1 at the start, and the means, 0 at the start.
    """

    def __init__(self, channels: int, style_size: int):
        super().__init__()
        self.affine = EqualisedLinear(style_size, 2 * channels)
        with torch.no_grad():
            self.affine.bias[:channels] = 1

    def forward(self, features: Tensor, style: Tensor) -> Tensor:
        deviation, mean = self.affine(style)[:, :, None, None].chunk(2, 1)
        return torch.addcmul(mean, instance_norm(features, eps=1e-8), deviation)


class Layer(nn.Module):
    """[Convolution,] noise, bias, leaky ReLU, AdaIN: figure 1b."""

    def __init__(self, inputs: int | None, outputs: int, style_size: int, noise_rate: float):
        super().__init__()
        self.noise_rate = noise_rate
        self.convolution = EqualisedConv2d(inputs, outputs, 3, bias=False) if inputs else nn.Identity()
        self.strength = nn.Parameter(torch.zeros(outputs, 1, 1))  # of the noise, B in the figure
        self.bias = nn.Parameter(torch.zeros(outputs, 1, 1))
        self.adain = AdaIN(outputs, style_size)

    def forward(self, features: Tensor, style: Tensor, noise: Tensor) -> Tensor:
        features = self.convolution(features) + self.noise_rate * self.strength * noise + self.bias
        return self.adain(activate(features), style)


class Synthesis(nn.Module):
    """Styles (N, layers, style_size), noise (N, noise_size) -> image (N, C, side, side), side up to `size`.

    A learnt constant of 4 px; two layers a side. With size 1024, style_size 512, width 16, most 512: the paper's.
    """

    def __init__(
        self,
        size: int,  # of the images at the last level, pixels: 8, 16, 32, ...
        channels: int = 3,
        style_size: int = 512,
        width: int = 16,  # filters at the last side; doubled with each halving of it
        most: int = 512,  # filters at any side
        noise_rate: float = 1.0,  # that the noise's strengths learn with, as a share of the optimizer's
    ):
        super().__init__()
        self.size, self.style_size, self.stage = size, style_size, Stage(size)
        filters = filters_by_level(size, width, most, "Synthesis")
        self.sides = tuple(COARSEST << level for level in range(len(filters)) for _ in range(2))
        self.noise_size = noise_numbers(self.sides)
        self.constant = nn.Parameter(torch.ones(1, filters[0], COARSEST, COARSEST))
        inputs = [None, filters[0]] + [count for pair in pairwise(filters) for count in pair]
        outputs = [count for count in filters for _ in range(2)]
        self.layers = nn.ModuleList(Layer(*pair, style_size, noise_rate) for pair in zip(inputs, outputs, strict=True))
        self.to_image = nn.ModuleList(EqualisedConv2d(count, channels, 1, gain=1.0) for count in filters)

    def grow(self, stage: Stage) -> None:
        self.stage = stage

    def forward(self, styles: Tensor, noise: Tensor) -> Tensor:
        maps = noise_maps(noise, self.sides)
        features = before = self.constant.expand(styles.shape[0], -1, -1, -1)  # len would be a constant to the export
        for level in range(level_of(self.stage.side) + 1):
            before, features = features, double(features) if level else features
            for number in (2 * level, 2 * level + 1):
                features = self.layers[number](features, styles[:, number], maps[number])
        image = self.to_image[level](features)
        return image if self.stage.alpha == 1 else fade(self.to_image[level - 1](before), image, self.stage.alpha)

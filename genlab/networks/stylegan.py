"""StyleGAN's synthesis network: adaptive instance normalisation, noise at every layer, progressive growing (arXiv:1812.04948)."""

from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import instance_norm

from genlab.networks.growing import Stage, fade
from genlab.networks.layers.equalised import EqualisedConv2d, EqualisedLinear, activate
from genlab.networks.layers.resample import double_convolved
from genlab.networks.shapes import COARSEST, filters_by_level, level_of
from genlab.networks.style import noise_maps, noise_numbers


class AdaIN(nn.Module):
    """Normalise each map of features (N, C, H, W) to the mean and deviation given by a style (N, style_size). Equation 1.

    An affine map of the style, y = A w, gives the deviations, with biases that start at 1, and the means, with biases that start at 0.
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
    """[Convolution,] noise, bias, leaky ReLU, AdaIN: features (N, inputs, H, W), noise (N, 1, H', W') -> (N, outputs, H', W'). Figure 1b.

    H' is H, or 2 H with `doubles`.
    """

    def __init__(self, inputs: int | None, outputs: int, style_size: int, noise_rate: float, doubles: bool = False):
        super().__init__()
        self.noise_rate, self.doubles = noise_rate, doubles
        self.convolution = EqualisedConv2d(inputs, outputs, 3, bias=False) if inputs else nn.Identity()
        self.strength = nn.Parameter(torch.zeros(outputs, 1, 1))  # of the noise per channel, B in the figure
        self.bias = nn.Parameter(torch.zeros(outputs, 1, 1))
        self.adain = AdaIN(outputs, style_size)

    def forward(self, features: Tensor, style: Tensor, noise: Tensor) -> Tensor:
        if self.doubles:
            features = double_convolved(features, cast(EqualisedConv2d, self.convolution).scaled_weight())
        else:
            features = self.convolution(features)
        features = features + self.noise_rate * self.strength * noise + self.bias
        styled: Tensor = self.adain(activate(features), style)
        return styled


class Synthesis(nn.Module):
    """Styles (N, layers, style_size), noise (N, noise_size) -> image (N, C, side, side), with the side of the stage, up to `size`.

    A learnt constant of 4 px, followed by two layers per side. Size 1024, style_size 512, width 16 and most 512 give the paper's network.
    """

    def __init__(
        self,
        size: int,  # of the images at the last level, pixels: 8, 16, 32, ...
        channels: int = 3,
        style_size: int = 512,
        width: int = 16,  # filters at the last side; doubled with each halving of the side
        most: int = 512,  # maximum number of filters at any side
        noise_rate: float = 1.0,  # learning rate of the noise strengths, as a share of the optimizer's
    ):
        super().__init__()
        self.size, self.style_size, self.stage = size, style_size, Stage(size)
        filters = filters_by_level(size, width, most, "Synthesis")
        self.sides = tuple(COARSEST << level for level in range(len(filters)) for _ in range(2))
        self.noise_size = noise_numbers(self.sides)
        self.constant = nn.Parameter(torch.ones(1, filters[0], COARSEST, COARSEST))
        inputs = [None, filters[0]] + [count for pair in pairwise(filters) for count in pair]
        outputs = [count for count in filters for _ in range(2)]
        self.layers = nn.ModuleList(
            Layer(*pair, style_size, noise_rate, doubles=number > 0 and number % 2 == 0)
            for number, pair in enumerate(zip(inputs, outputs, strict=True))
        )
        self.to_image = nn.ModuleList(EqualisedConv2d(count, channels, 1, gain=1.0) for count in filters)

    def grow(self, stage: Stage) -> None:
        """Switch to this stage of growth."""
        self.stage = stage

    def forward(self, styles: Tensor, noise: Tensor) -> Tensor:
        maps = noise_maps(noise, self.sides)
        features = self.constant.expand(styles.shape[0], -1, -1, -1)  # len() would be exported as a constant
        for level in range(level_of(self.stage.side) + 1):
            before = features
            for number in (2 * level, 2 * level + 1):
                features = self.layers[number](features, styles[:, number], maps[number])
        image = self.to_image[level](features)
        return image if self.stage.alpha == 1 else fade(self.to_image[level - 1](before), image, self.stage.alpha)

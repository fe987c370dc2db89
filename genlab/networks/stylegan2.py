"""StyleGAN2's synthesis network and critic: modulated convolutions, output skips, residual critic (arXiv:1912.04958)."""

import math
from collections.abc import Iterable
from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d

from genlab.networks.first_layers import Layers
from genlab.networks.labels import class_weights
from genlab.networks.layers.critic_head import CriticHead
from genlab.networks.layers.equalised import EqualisedConv2d, EqualisedLinear, activate
from genlab.networks.layers.resample import double, double_convolved, halve, low_pass
from genlab.networks.shapes import COARSEST, check_side, filters_by_level
from genlab.networks.style import noise_maps, noise_numbers


class ModulatedConv2d(nn.Module):
    """Features (N, inputs, H, W), style (N, style_size) -> (N, outputs, H, W): convolution with input channels scaled by the style.

    Karras et al. 2019, equations 1 and 3: w' = s w, then each filter is divided by its norm, so that features keep unit variance. Computed
    on the activations, conv(s x, w) / |s w|, which is equivalent and needs a single convolution for the whole batch. With `doubles`, it
    doubles the side.
    """

    def __init__(
        self, inputs: int, outputs: int, kernel_size: int, style_size: int, demodulate: bool = True, doubles: bool = False
    ):  # doubles: for kernels of size 3
        super().__init__()
        self.affine = EqualisedLinear(style_size, inputs, bias=1.0)
        self.convolution = EqualisedConv2d(inputs, outputs, kernel_size, gain=1.0, bias=False)
        self.demodulate, self.doubles = demodulate, doubles

    def forward(self, features: Tensor, style: Tensor) -> Tensor:
        scale, weight = self.affine(style), self.convolution.scaled_weight()
        features = features * scale[:, :, None, None]
        features = double_convolved(features, weight) if self.doubles else conv2d(features, weight, padding=self.convolution.padding)
        if not self.demodulate:
            return features
        squares = scale.square() @ weight.square().sum((2, 3)).T
        return features * torch.rsqrt(squares + 1e-8)[:, :, None, None]


class Layer(nn.Module):
    """Modulated convolution, noise, bias, leaky ReLU: features (N, inputs, H, W), noise (N, 1, H', W') -> (N, outputs, H', W'). Figure 2d.

    H' is H, or 2 H with `doubles`.
    """

    def __init__(self, inputs: int, outputs: int, style_size: int, noise_rate: float, doubles: bool = False):
        super().__init__()
        self.noise_rate = noise_rate
        self.convolution = ModulatedConv2d(inputs, outputs, 3, style_size, doubles=doubles)
        self.strength = nn.Parameter(torch.zeros(()))  # of the noise, B in the figure
        self.bias = nn.Parameter(torch.zeros(outputs, 1, 1))

    def forward(self, features: Tensor, style: Tensor, noise: Tensor) -> Tensor:
        features = self.convolution(features, style) + self.noise_rate * self.strength * noise + self.bias
        return math.sqrt(2) * activate(features)  # keeps the unit deviation of its input


class ToImage(nn.Module):
    """Features (N, inputs, H, W), style (N, style_size) -> contribution of this side to the image, (N, C, H, W)."""

    def __init__(self, inputs: int, channels: int, style_size: int):
        super().__init__()
        self.convolution = ModulatedConv2d(inputs, channels, 1, style_size, demodulate=False)
        self.bias = nn.Parameter(torch.zeros(channels, 1, 1))

    def forward(self, features: Tensor, style: Tensor) -> Tensor:
        contribution: Tensor = self.convolution(features, style)
        return contribution + self.bias


class Synthesis(nn.Module):
    """Styles (N, layers, style_size), noise (N, noise_size) -> image (N, C, size, size), with output skips: figure 7b.

    One layer at 4 px and two at each further side. Each image layer uses the style of the layer that follows it. Size 1024, style_size 512,
    width 32 and most 512 give configuration F.
    """

    def __init__(
        self,
        size: int,  # of the images, pixels: 8, 16, 32, ...
        channels: int = 3,
        style_size: int = 512,
        width: int = 32,  # filters at the last side; doubled with each halving of the side
        most: int = 512,  # maximum number of filters at any side
        noise_rate: float = 1.0,  # learning rate of the noise strengths, as a share of the optimizer's
    ):
        super().__init__()
        self.size, self.style_size = size, style_size
        filters = filters_by_level(size, width, most, "Synthesis")
        sides = tuple(COARSEST << level for level in range(len(filters)) for _ in range(2))[1:]  # of the layers
        self.noise_sides, self.noise_size = sides, noise_numbers(sides)
        self.sides = (*sides, size)  # only the last image layer uses the last style
        self.constant = nn.Parameter(torch.randn(1, filters[0], COARSEST, COARSEST))
        inputs = [filters[0]] + [count for pair in pairwise(filters) for count in pair]
        outputs = [filters[0]] + [count for count in filters[1:] for _ in range(2)]
        self.layers = nn.ModuleList(
            Layer(*pair, style_size, noise_rate, doubles=number % 2 == 1) for number, pair in enumerate(zip(inputs, outputs, strict=True))
        )
        self.to_image = nn.ModuleList(ToImage(count, channels, style_size) for count in filters)

    def forward(self, styles: Tensor, noise: Tensor) -> Tensor:
        maps = noise_maps(noise, self.noise_sides)
        features = self.layers[0](self.constant.expand(styles.shape[0], -1, -1, -1), styles[:, 0], maps[0])
        image: Tensor = self.to_image[0](features, styles[:, 1])
        for level, to_image in enumerate(self.to_image[1:], 1):
            for number in (2 * level - 1, 2 * level):
                features = self.layers[number](features, styles[:, number], maps[number])
            image = double(image) + to_image(features, styles[:, 2 * level + 1])
        return image


class Critic(nn.Module):
    """Image (N, C, size, size) [, label] -> logits (N,), with residual blocks: figure 7c.

    Conditional on a label by projection (arXiv:1802.05637, equation 3), as in arXiv:2006.06676. The inner product of embedding and features
    is divided by their number F, and added to the unconditional logit; the public code takes only the product, divided by sqrt F, of an
    embedding that 8 layers map. Size 1024, width 32 and most 512 give configuration F.
    """

    counted_from_end = ("blocks",)  # the last one works at 8 px at every size

    def __init__(
        self,
        size: int,
        channels: int = 3,
        width: int = 32,
        most: int = 512,
        group_size: int = 4,  # images per group of the minibatch standard deviation
        classes: int = 0,  # number of classes; 0: unconditional
    ):
        super().__init__()
        self.size, self.classes = size, classes
        filters = filters_by_level(size, width, most, "Critic")[::-1]
        self.from_image = EqualisedConv2d(channels, filters[0], 1)
        self.blocks = nn.Sequential(*(ResidualHalving(*pair) for pair in pairwise(filters)))
        self.end = CriticHead(filters[-1], group_size)
        self.to_logit = EqualisedLinear(filters[-1], 1)
        self.embedding = EqualisedLinear(classes, filters[-1], bias=None) if classes else None

    def first_layers(self) -> Layers:
        """The 1 x 1 convolution of the image, and each residual block."""
        return [[self.from_image], *([block] for block in self.blocks)]

    def forward(self, image: Tensor, label: Tensor | None = None) -> Tensor:
        check_side(image, self.size)
        features: Tensor = self.end(self.blocks(activate(self.from_image(image))))
        logits: Tensor = self.to_logit(features).flatten()
        if self.embedding is None:
            return logits
        embedded: Tensor = self.embedding(class_weights(cast(Tensor, label), self.classes).to(features.dtype))
        return logits + (embedded * features).mean(1)


class ResidualHalving(nn.Module):
    """Residual block, features (N, inputs, H, W) -> (N, outputs, H / 2, W / 2); both paths contribute equally to the output's variance.

    Convolution and leaky ReLU; low-pass filter, convolution of stride 2 and leaky ReLU. The shortcut is filter, halving and 1 x 1
    convolution. Figure 7c and the authors' public code (`conv2d_resample`).
    """

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.layers = nn.ModuleList([EqualisedConv2d(inputs, inputs, 3), EqualisedConv2d(inputs, outputs, 3)])
        self.skip = EqualisedConv2d(inputs, outputs, 1, gain=1.0, bias=False)

    def forward(self, features: Tensor) -> Tensor:
        shortcut: Tensor = self.skip(halve(features))  # equivalent to halving after the 1 x 1 convolution, at a quarter of the cost
        first, second = cast(Iterable[EqualisedConv2d], self.layers)
        features = low_pass(activate(first(features)))
        features = activate(conv2d(features, second.scaled_weight(), second.bias, stride=2))
        return (shortcut + features) * math.sqrt(0.5)

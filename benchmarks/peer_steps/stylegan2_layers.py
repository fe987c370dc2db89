"""Networks of the StyleGAN2 peer (arXiv:1912.04958), with the operations of the public codes on a machine without their CUDA kernels.

Modulated convolution as one grouped convolution with a kernel per image; filters by inserting zeros, padding, a convolution of each
channel alone, and slicing.
"""

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional


def resample(features: Tensor, kernel: Tensor, up: int = 1, down: int = 1, pad: tuple[int, int] = (0, 0)) -> Tensor:
    """Insert zeros, pad, filter and slice: (N, C, H, W) -> (N, C, H', W')."""
    count, channels, height, width = features.shape
    if up > 1:
        features = functional.pad(features.reshape(count, channels, height, 1, width, 1), [0, up - 1, 0, 0, 0, up - 1])
        features = features.reshape(count, channels, height * up, width * up)
    features = functional.pad(features, [pad[0], pad[1], pad[0], pad[1]])
    weight = (kernel * up**2).flip([0, 1])[None, None].repeat(channels, 1, 1, 1)
    return functional.conv2d(features, weight, groups=channels)[:, :, ::down, ::down]


def activated(features: Tensor, bias: Tensor) -> Tensor:
    """Bias, leaky ReLU and a gain of sqrt 2; the bias is that of axis 1."""
    return functional.leaky_relu(features + bias.view(1, -1, *[1] * (features.dim() - 2)), 0.2) * math.sqrt(2)


class Filter(nn.Module):
    """The filter [1, 3, 3, 1] in both directions."""

    kernel: Tensor

    def __init__(self) -> None:
        super().__init__()
        taps = torch.tensor([1.0, 3.0, 3.0, 1.0])
        self.register_buffer("kernel", torch.outer(taps, taps) / 64)

    def forward(self, features: Tensor, up: int = 1, down: int = 1, pad: tuple[int, int] = (0, 0)) -> Tensor:
        return resample(features, self.kernel, up, down, pad)


class Linear(nn.Module):
    """Linear layer with an equalised learning rate, and an optional activation."""

    def __init__(self, inputs: int, outputs: int, rate: float = 1.0, bias: float = 0.0, active: bool = False):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.randn(outputs, inputs) / rate), nn.Parameter(torch.full((outputs,), bias))
        self.scale, self.rate, self.active = rate / math.sqrt(inputs), rate, active

    def forward(self, vectors: Tensor) -> Tensor:
        if self.active:
            return activated(functional.linear(vectors, self.weight * self.scale), self.bias * self.rate)
        return functional.linear(vectors, self.weight * self.scale, self.bias * self.rate)


class ModulatedConv2d(nn.Module):
    """Convolution whose kernel each image's style scales: one grouped convolution with N groups; `doubles` the side if asked to."""

    def __init__(self, inputs: int, outputs: int, size: int, style_size: int, demodulate: bool = True, doubles: bool = False):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(1, outputs, inputs, size, size))
        self.scale, self.size, self.demodulate, self.doubles = 1 / math.sqrt(inputs * size**2), size, demodulate, doubles
        self.style, self.filter = Linear(style_size, inputs, bias=1.0), Filter()

    def forward(self, features: Tensor, style: Tensor) -> Tensor:
        count, inputs, height, width = features.shape
        weight = self.scale * self.weight * self.style(style).view(count, 1, inputs, 1, 1)
        if self.demodulate:
            weight = weight * torch.rsqrt(weight.pow(2).sum([2, 3, 4]) + 1e-8).view(count, -1, 1, 1, 1)
        features = features.reshape(1, count * inputs, height, width)
        if self.doubles:
            weight = weight.transpose(1, 2).reshape(count * inputs, -1, self.size, self.size)
            wide = functional.conv_transpose2d(features, weight, stride=2, groups=count)
            wide = wide.view(count, -1, 2 * height + 1, 2 * width + 1)
            filtered: Tensor = self.filter(wide * 4, pad=(1, 1))
            return filtered
        weight = weight.view(-1, inputs, self.size, self.size)
        return functional.conv2d(features, weight, padding=self.size // 2, groups=count).view(count, -1, height, width)


class StyledLayer(nn.Module):
    """Modulated convolution, noise, bias and activation."""

    def __init__(self, inputs: int, outputs: int, style_size: int, doubles: bool = False):
        super().__init__()
        self.convolution = ModulatedConv2d(inputs, outputs, 3, style_size, doubles=doubles)
        self.strength, self.bias = nn.Parameter(torch.zeros(1)), nn.Parameter(torch.zeros(outputs))

    def forward(self, features: Tensor, style: Tensor) -> Tensor:
        features = self.convolution(features, style)
        noise = features.new_empty(len(features), 1, *features.shape[2:]).normal_()
        return activated(features + self.strength * noise, self.bias)


class ToImage(nn.Module):
    """Contribution of a level to the image, added to the doubled image of the level before."""

    def __init__(self, inputs: int, channels: int, style_size: int):
        super().__init__()
        self.convolution = ModulatedConv2d(inputs, channels, 1, style_size, demodulate=False)
        self.bias, self.filter = nn.Parameter(torch.zeros(1, channels, 1, 1)), Filter()

    def forward(self, features: Tensor, style: Tensor, image: Tensor | None) -> Tensor:
        contribution: Tensor = self.convolution(features, style) + self.bias
        if image is None:
            return contribution
        image = self.filter(image, up=2, pad=(2, 1))
        return image + contribution


class Generator(nn.Module):
    """Latents, each (N, latent_size) -> image (N, channels, size, size) and the styles of its layers (N, layers, style_size)."""

    def __init__(
        self, filters: list[int], channels: int, latent_size: int, style_size: int, depth: int, rate: float
    ):  # filters from 4 px on
        super().__init__()
        sizes = [latent_size, *[style_size] * depth]
        self.mapping = nn.Sequential(*(Linear(*pair, rate, active=True) for pair in pairwise(sizes)))
        self.constant = nn.Parameter(torch.randn(1, filters[0], 4, 4))
        self.layers = nn.ModuleList([StyledLayer(filters[0], filters[0], style_size)])
        for inputs, outputs in pairwise(filters):
            self.layers.extend([StyledLayer(inputs, outputs, style_size, True), StyledLayer(outputs, outputs, style_size)])
        self.to_image = nn.ModuleList(ToImage(count, channels, style_size) for count in filters)
        self.count = 2 * len(filters)  # of styles

    def styles(self, latents: list[Tensor]) -> Tensor:
        """Styles of all layers, of the first latent up to a random layer and of the second, if there is one, from there on."""
        mapped: list[Tensor] = [self.mapping(latent * torch.rsqrt(latent.pow(2).mean(1, keepdim=True) + 1e-8)) for latent in latents]
        if len(mapped) == 1:
            return mapped[0].unsqueeze(1).repeat(1, self.count, 1)
        crossing = int(torch.randint(1, self.count, ()))
        return torch.cat([mapped[0].unsqueeze(1).repeat(1, crossing, 1), mapped[1].unsqueeze(1).repeat(1, self.count - crossing, 1)], 1)

    def forward(self, latents: list[Tensor]) -> tuple[Tensor, Tensor]:
        styles = self.styles(latents)
        features = self.layers[0](self.constant.repeat(len(styles), 1, 1, 1), styles[:, 0])
        image: Tensor = self.to_image[0](features, styles[:, 1], None)
        for level, to_image in enumerate(self.to_image[1:], 1):
            features = self.layers[2 * level - 1](features, styles[:, 2 * level - 1])
            features = self.layers[2 * level](features, styles[:, 2 * level])
            image = to_image(features, styles[:, 2 * level + 1], image)
        return image, styles


class Conv2d(nn.Module):
    """Convolution with an equalised learning rate; after the filter and with stride 2 if it halves the side; bias and activation."""

    def __init__(self, inputs: int, outputs: int, size: int, halves: bool = False, active: bool = True):
        super().__init__()
        self.weight, self.scale = nn.Parameter(torch.randn(outputs, inputs, size, size)), 1 / math.sqrt(inputs * size**2)
        self.bias = nn.Parameter(torch.zeros(outputs)) if active else None
        self.size, self.halves, self.filter = size, halves, Filter()

    def forward(self, features: Tensor) -> Tensor:
        if self.halves:
            most = 2 + self.size - 1  # padding of filter and convolution together
            features = self.filter(features, pad=((most + 1) // 2, most // 2))
        padding = 0 if self.halves else self.size // 2
        features = functional.conv2d(features, self.weight * self.scale, stride=2 if self.halves else 1, padding=padding)
        return features if self.bias is None else activated(features, self.bias)


class Block(nn.Module):
    """Residual block of the critic that halves the side."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.first, self.second = Conv2d(inputs, inputs, 3), Conv2d(inputs, outputs, 3, halves=True)
        self.skip = Conv2d(inputs, outputs, 1, halves=True, active=False)

    def forward(self, features: Tensor) -> Tensor:
        outputs: Tensor = (self.second(self.first(features)) + self.skip(features)) / math.sqrt(2)
        return outputs


class Critic(nn.Module):
    """Image (N, channels, size, size) -> logits (N, 1), with the deviation within groups of four images as a feature."""

    def __init__(self, filters: list[int], channels: int):  # filters from 4 px on
        super().__init__()
        down = filters[::-1]
        self.blocks = nn.Sequential(Conv2d(channels, down[0], 1), *(Block(*pair) for pair in pairwise(down)))
        self.last = Conv2d(down[-1] + 1, down[-1], 3)
        self.linear = nn.Sequential(Linear(down[-1] * 16, down[-1], active=True), Linear(down[-1], 1))

    def forward(self, image: Tensor) -> Tensor:
        features = self.blocks(image)
        count, channels, height, width = features.shape
        group = min(count, 4)
        deviation = torch.sqrt(features.view(group, -1, 1, channels, height, width).var(0, unbiased=False) + 1e-8)
        deviation = deviation.mean([2, 3, 4], keepdim=True).squeeze(2).repeat(group, 1, height, width)
        logits: Tensor = self.linear(self.last(torch.cat([features, deviation], 1)).view(count, -1))
        return logits

"""R3GAN's residual pair, without any normalisation (Huang et al. 2024, arXiv:2501.05441, section 3 and appendix)."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate, pixel_shuffle, pixel_unshuffle

from genlab.networks.dcgan import COARSEST, doublings_to

LAYERS = 3  # in a block
SLOPE = 0.2


class Generator(nn.Module):
    """Latent (N, latent_size) -> image (N, C, size, size) in [-1, 1].

    A learnt 4 px map a channel, scaled by the latent; blocks, bilinear doubling, blocks, ...; 1 x 1 to the image. The last is squashed
    by tanh, where the paper's is not: a background of exactly black or white is then easily learnt.
    """

    classes = 0  # it is told no label

    def __init__(
        self,
        size: int,  # of the images, pixels: 8, 16, 32, ...
        channels: int = 3,
        latent_size: int = 64,
        width: int = 32,  # filters at the finest side; doubled with each halving of it
        most: int = 256,  # filters at any side
        blocks: int = 1,  # at each side; paper: 2
        group_size: int | None = 16,  # filters that a 3 x 3 convolution mixes; null: all, without groups
        expansion: int = 2,  # of the filters inside a block
        patch: int = 1,  # side of the square of pixels that the last layer gives at once; 2 leaves out the finest level, paper: 1
    ):
        super().__init__()
        doublings = doublings_to(size // patch, "Generator")
        self.size, self.latent_size, self.patch = size, latent_size, patch
        filters = [min(most, width * 2**level) for level in reversed(range(doublings + 1))]
        self.basis = nn.Parameter(torch.randn(filters[0], COARSEST, COARSEST))
        self.scale = nn.Linear(latent_size, filters[0], bias=False)
        self.stages = nn.Sequential(*stages(filters, Doubling, blocks, group_size, expansion))
        self.to_image = nn.Conv2d(filters[-1], channels * patch**2, 1, bias=False)
        for layer in (self.scale, self.to_image):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="linear")

    def forward(self, latent: Tensor) -> Tensor:
        features = self.stages(self.scale(latent)[:, :, None, None] * self.basis)
        return pixel_shuffle(self.to_image(features), self.patch).tanh()


class Critic(nn.Module):
    """Image (N, C, size, size) -> logits (N,). The generator's mirror image."""

    classes = 0  # it is told no label

    def __init__(
        self,
        size: int,
        channels: int = 3,
        width: int = 32,
        most: int = 256,
        blocks: int = 1,  # at each side; paper: 2
        group_size: int | None = 16,
        expansion: int = 2,
        patch: int = 1,  # side of the square of pixels that the first layer takes at once
    ):
        super().__init__()
        doublings = doublings_to(size // patch, "Critic")
        self.patch = patch
        filters = [min(most, width * 2**level) for level in range(doublings + 1)]
        first = nn.Conv2d(channels * patch**2, filters[0], 1, bias=False)
        self.stages = nn.Sequential(first, *stages(filters, Halving, blocks, group_size, expansion))
        self.basis = nn.Conv2d(filters[-1], filters[-1], COARSEST, groups=filters[-1], bias=False)
        self.to_logit = nn.Linear(filters[-1], 1, bias=False)
        for layer in (first, self.basis, self.to_logit):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="linear")

    def forward(self, image: Tensor) -> Tensor:
        return self.to_logit(self.basis(self.stages(pixel_unshuffle(image, self.patch))).flatten(1)).flatten()


class Block(nn.Module):
    """x + 1 x 1 (leaky(grouped 3 x 3 (leaky(1 x 1 (x))))), (N, filters, H, W) -> the same. Figure 4, right.

    Started as Zhang et al. 2019 (Fixup, arXiv:1901.09321) have it, which takes the place of normalisation: the last layer is 0, the
    others are scaled by blocks ** (-1 / (2 LAYERS - 2)).
    """

    def __init__(self, filters: int, group_size: int | None, expansion: int, blocks: int):
        super().__init__()
        inner = filters * expansion
        groups = 1 if group_size is None else max(1, inner // group_size)
        self.widen = nn.Conv2d(filters, inner, 1)
        self.mix = nn.Conv2d(inner, inner, 3, padding=1, groups=groups)
        self.narrow = nn.Conv2d(inner, filters, 1, bias=False)
        self.activate = nn.LeakyReLU(SLOPE, inplace=True)
        for layer in (self.widen, self.mix):
            nn.init.kaiming_normal_(layer.weight, SLOPE)
            nn.init.zeros_(layer.bias)
            layer.weight.data.mul_(blocks ** (-1 / (2 * LAYERS - 2)))
        nn.init.zeros_(self.narrow.weight)

    def forward(self, features: Tensor) -> Tensor:
        return features + self.narrow(self.activate(self.mix(self.activate(self.widen(features)))))


class Doubling(nn.Module):
    """(N, filters, H, W) -> (N, filters', 2H, 2W), bilinear."""

    def __init__(self, filters: int, to: int):
        super().__init__()
        self.change = change(filters, to)

    def forward(self, features: Tensor) -> Tensor:
        return interpolate(self.change(features), scale_factor=2, mode="bilinear", align_corners=False)


class Halving(nn.Module):
    """(N, filters, H, W) -> (N, filters', H / 2, W / 2): the mean of 2 x 2, where the paper smooths over 4 x 4."""

    def __init__(self, filters: int, to: int):
        super().__init__()
        self.change = change(filters, to)

    def forward(self, features: Tensor) -> Tensor:
        return self.change(avg_pool2d(features, 2))


def stages(
    filters: Sequence[int],  # at each side, in the order in which they are passed
    between: Callable[[int, int], nn.Module],  # Doubling or Halving
    blocks: int,  # at each side
    group_size: int | None = None,
    expansion: int = 1,
) -> list[nn.Module]:
    """The blocks of every side, and what leads from one side to the next."""
    layers: list[nn.Module] = []
    for level, number in enumerate(filters):
        if level:
            layers.append(between(filters[level - 1], number))
        layers += [Block(number, group_size, expansion, blocks * len(filters)) for _ in range(blocks)]
    return layers


def change(filters: int, to: int) -> nn.Module:
    """1 x 1 where the number of filters changes."""
    if filters == to:
        return nn.Identity()
    layer = nn.Conv2d(filters, to, 1, bias=False)
    nn.init.kaiming_normal_(layer.weight, nonlinearity="linear")
    return layer

"""R3GAN: residual generator and critic without normalisation (Huang et al. 2024, arXiv:2501.05441, section 3 and appendix)."""

import torch
from torch import Tensor, nn
from torch.nn.functional import pixel_shuffle, pixel_unshuffle

from genlab.networks.first_layers import Layers
from genlab.networks.layers.residual import Doubling, Halving, stages
from genlab.networks.shapes import COARSEST, doublings_to


class Generator(nn.Module):
    """Latent (N, latent_size) -> image (N, C, size, size) in [-1, 1].

    The latent scales a learnt map of 4 px per channel. Residual blocks and bilinear doublings alternate, and a 1 x 1 convolution outputs
    the image. Unlike in the paper, a tanh follows, which makes backgrounds of exactly black or white easy to learn.
    """

    classes = 0  # unconditional

    def __init__(
        self,
        size: int,  # of the images, pixels: 8, 16, 32, ...
        channels: int = 3,
        latent_size: int = 64,
        width: int = 32,  # filters at the finest side; doubled with each halving of the side
        most: int = 256,  # maximum number of filters at any side
        blocks: int = 1,  # per side; paper: 2
        group_size: int | None = 16,  # filters per group of the 3 x 3 convolutions; null: no groups
        expansion: int = 2,  # factor of the number of filters inside a block
        patch: int = 1,  # side of the square of pixels per position of the last layer; 2 omits the finest level; paper: 1
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
    """Image (N, C, size, size) -> logits (N,). Mirrors the generator."""

    classes = 0  # unconditional

    def __init__(
        self,
        size: int,
        channels: int = 3,
        width: int = 32,
        most: int = 256,
        blocks: int = 1,  # per side; paper: 2
        group_size: int | None = 16,
        expansion: int = 2,
        patch: int = 1,  # side of the square of pixels per position of the first layer
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

    def first_layers(self) -> Layers:
        """The 1 x 1 convolution of the image, each residual block, and each halving that changes the number of filters."""
        return [[layer] for layer in self.stages if any(True for _ in layer.parameters())]

    def forward(self, image: Tensor) -> Tensor:
        logits: Tensor = self.to_logit(self.basis(self.stages(pixel_unshuffle(image, self.patch))).flatten(1)).flatten()
        return logits

"""DCGAN: generator and critic of strided convolutions only (Radford et al. 2015, arXiv:1511.06434, section 3 and figure 1)."""

from collections.abc import Callable
from typing import cast

from torch import Tensor, nn

from genlab.networks.first_layers import Layers, in_sequence
from genlab.networks.layers.initialise import he, normal
from genlab.networks.layers.normalise import Norm, normalise, normalise_spectrally
from genlab.networks.shapes import COARSEST, check_side, doublings_to

SLOPE = 0.2  # negative slope of the critic's leaky ReLU, section 3


class Generator(nn.Module):
    """Latent (N, latent_size) -> image (N, C, size, size) in [-1, 1].

    The first feature map has 4 px and size / 8 x `width` filters; each doubling of the side halves the filters, and the last convolution
    outputs the image. Size 64 and width 128 give figure 1.
    """

    classes = 0  # unconditional

    def __init__(
        self,
        size: int,  # of the images, pixels: 8, 16, 32, ...
        channels: int = 3,
        latent_size: int = 100,
        width: int = 64,  # filters of the finest feature map, at size / 2
        norm: Norm = "batch",
    ):
        super().__init__()
        doublings = doublings_to(size, "Generator")
        self.size, self.latent_size = size, latent_size
        filters = width * 2 ** (doublings - 1)
        layers = [nn.ConvTranspose2d(latent_size, filters, COARSEST, bias=norm == "none"), normalise(norm, filters), nn.ReLU(inplace=True)]
        for _ in range(doublings - 1):
            layers += [
                nn.ConvTranspose2d(filters, filters // 2, 4, stride=2, padding=1, bias=norm == "none"),
                normalise(norm, filters // 2),
                nn.ReLU(inplace=True),
            ]
            filters //= 2
        layers += [nn.ConvTranspose2d(filters, channels, 4, stride=2, padding=1), nn.Tanh()]
        self.layers = nn.Sequential(*layers)
        normal(self)

    def forward(self, latent: Tensor) -> Tensor:
        images: Tensor = self.layers(latent[:, :, None, None])
        return images


class Critic(nn.Module):
    """Image (N, C, size, size) -> logits (N,), or (N, outputs). Mirrors the generator, without a norm on the first layer.

    Options beyond the paper: a layer that compares the images of a batch, before the last convolution, and spectral normalisation of
    every weight (Miyato et al. 2018, arXiv:1802.05957, with one power iteration per step).
    """

    classes = 0  # unconditional

    def __init__(
        self,
        size: int,
        channels: int = 3,
        width: int = 64,  # filters of the finest feature map, at size / 2
        norm: Norm = "batch",
        minibatch: Callable[[int, int], nn.Module] | None = None,  # (channels, side) -> a layer of genlab.networks.layers.minibatch
        spectral: bool = False,
        outputs: int = 1,  # logits per image
    ):
        super().__init__()
        doublings = doublings_to(size, "Critic")
        self.size, self.outputs = size, outputs
        layers: list[nn.Module] = [nn.Conv2d(channels, width, 4, stride=2, padding=1), nn.LeakyReLU(SLOPE, inplace=True)]
        filters = width
        for _ in range(doublings - 1):
            layers += [
                nn.Conv2d(filters, 2 * filters, 4, stride=2, padding=1, bias=norm == "none"),
                normalise(norm, 2 * filters),
                nn.LeakyReLU(SLOPE, inplace=True),
            ]
            filters *= 2
        if minibatch is not None:
            layers.append(minibatch(filters, COARSEST))
            filters += cast(int, layers[-1].added)
        layers.append(nn.Conv2d(filters, outputs, COARSEST))
        self.layers = nn.Sequential(*layers)
        if norm == "none":  # without a norm, DCGAN's small weights would make activations vanish from layer to layer
            he(self, SLOPE)
        else:
            normal(self)
        if spectral:
            normalise_spectrally(self)

    def first_layers(self) -> Layers:
        """Its convolutions, each with its norm, from the image on, without the last one."""
        return in_sequence(self.layers)

    def forward(self, image: Tensor) -> Tensor:
        check_side(image, self.size)
        logits: Tensor = self.layers(image).flatten(0 if self.outputs == 1 else 1)
        return logits

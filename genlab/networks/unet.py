"""The U-Net of pix2pix: an encoder and a decoder with a skip connection at each level (arXiv:1611.07004, section 3.2.1)."""

from typing import Literal

import torch
from torch import Tensor, nn

from genlab.errors import InputError
from genlab.networks.dropout_noise import DropoutNoise
from genlab.networks.layers.initialise import normal
from genlab.networks.layers.normalise import normalise

WIDEST = 8  # maximum number of filters, in multiples of the width: the paper's 512
DROPPED = 3  # maximum number of decoder layers with dropout


class UNet(nn.Module):
    """Image (N, C, H, W) in [-1, 1] -> image (N, C', H, W) in [-1, 1]; H and W multiples of `size`.

    Appendix 6.1.1: at 256 px the encoder C64-C128-C256-C512-C512-C512-C512-C512 and the decoder CD512-CD512-CD512-C512-C256-C128-C64,
    all 4 x 4 with stride 2. Skip connections concatenate level i of the encoder to the decoder's features of the same size. Width 64 has
    54.41 M parameters. There is no normalisation on the first level, as in the paper, nor on the innermost: its features are a single
    pixel per image, which subtracting the mean would erase (the paper's errata).

    Dropout draws its own random numbers in training mode. In evaluation mode it drops values where `noise` is below the dropout rate, and
    is off without `noise`.
    """

    def __init__(
        self,
        size: int = 256,  # px, a power of two: side of images with innermost features of 1 x 1
        channels_in: int = 3,
        channels_out: int = 3,
        width: int = 64,  # filters of the first level; doubled at each further level, up to 8 times this number
        norm: Literal["batch", "instance"] = "batch",
        upsampling: Literal["transposed", "resize"] = "transposed",  # the paper's, or nearest + 3 x 3 convolution (no checkerboard)
        dropout: float = 0.5,  # rate in the decoder's widest layers, the first one to three (section 3.1: the noise z); 0: none
    ):
        super().__init__()
        levels = size.bit_length() - 1
        if size != 2**levels or levels < 2:
            raise InputError(f"UNet: size: got {size}, expected a power of two from 4 on, e.g. 64, 128, 256.")
        if width < 1 or not 0 <= dropout < 1:
            raise InputError(f"UNet: width must be at least 1 and dropout in [0, 1), got width {width}, dropout {dropout}.")
        filters = [width * min(2**level, WIDEST) for level in range(levels)]
        self.stride = size
        self.down = nn.ModuleList(
            Down(channels_in if level == 0 else filters[level - 1], filters[level], norm if 0 < level < levels - 1 else "none", level > 0)
            for level in range(levels)
        )
        dropped = min(DROPPED, max(1, filters[:-1].count(WIDEST * width))) if dropout > 0 else 0
        # From the innermost level outwards. All layers except the first also take the encoder's features of their level.
        ups = [
            Up(filters[-level] * (1 if level == 1 else 2), filters[-level - 1], norm, upsampling, dropout if level <= dropped else 0.0)
            for level in range(1, levels)
        ]
        self.up = nn.ModuleList(ups)
        self.to_image = upsample(2 * filters[0], channels_out, upsampling, bias=True)
        self.dropout_noise = DropoutNoise(sum(up.filters for up in ups[:dropped]), size >> dropped) if dropped else None
        self.noise: DropoutNoise | None = None  # noise input in evaluation mode; set by genlab.networks.inference.Inference
        normal(self)

    def forward(self, image: Tensor, noise: Tensor | None = None) -> Tensor:
        skips = []
        features = image
        for down in self.down:
            features = down(features)
            skips.append(features)
        features = skips.pop()
        given = self.split(noise)
        for index, up in enumerate(self.up):
            features = torch.cat([up(features, given[index] if index < len(given) else None), skips.pop()], 1)
        return torch.tanh(self.to_image(torch.relu(features)))

    def split(self, noise: Tensor | None) -> list[Tensor]:
        """Split noise (N, `dropout_noise.channels`, h, w) on the finest grid with dropout into the noise of each layer, innermost first."""
        if noise is None or self.dropout_noise is None:
            return []
        dropped = (self.stride // self.dropout_noise.stride).bit_length() - 1
        parts = noise.split([up.filters for up in self.up[:dropped]], 1)
        return [part[:, :, :: 2 ** (dropped - 1 - index), :: 2 ** (dropped - 1 - index)] for index, part in enumerate(parts)]


class Down(nn.Module):
    """(N, C, H, W) -> (N, filters, H / 2, W / 2): leaky ReLU (unless the input is an image), 4 x 4 convolution of stride 2, norm."""

    def __init__(self, channels: int, filters: int, norm: Literal["batch", "instance", "none"], activated: bool):
        super().__init__()
        self.activation = nn.LeakyReLU(0.2) if activated else nn.Identity()
        self.convolution = nn.Conv2d(channels, filters, 4, stride=2, padding=1, bias=norm == "none")
        self.norm = normalise(norm, filters)

    def forward(self, features: Tensor) -> Tensor:
        halved: Tensor = self.norm(self.convolution(self.activation(features)))
        return halved


class Up(nn.Module):
    """(N, C, H, W) -> (N, filters, 2H, 2W): ReLU, transposed or resize convolution, norm, dropout."""

    def __init__(self, channels: int, filters: int, norm: Literal["batch", "instance"], upsampling: str, dropout: float):
        super().__init__()
        self.filters, self.dropout = filters, dropout
        self.convolution = upsample(channels, filters, upsampling, bias=False)
        self.norm = normalise(norm, filters)

    def forward(self, features: Tensor, noise: Tensor | None) -> Tensor:
        features = self.norm(self.convolution(torch.relu(features)))
        if noise is not None:
            return features * (noise >= self.dropout) / (1 - self.dropout)
        return nn.functional.dropout(features, self.dropout, self.training and self.dropout > 0)


def upsample(channels: int, filters: int, method: str, bias: bool) -> nn.Module:
    """(N, channels, H, W) -> (N, filters, 2H, 2W): transposed 4 x 4 convolution, or nearest neighbour and 3 x 3 convolution."""
    if method == "transposed":
        return nn.ConvTranspose2d(channels, filters, 4, stride=2, padding=1, bias=bias)
    return nn.Sequential(nn.Upsample(scale_factor=2, mode="nearest"), nn.Conv2d(channels, filters, 3, padding=1, bias=bias))

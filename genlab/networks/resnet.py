"""The image-to-image residual network of Johnson et al., CycleGAN's generator (arXiv:1603.08155; arXiv:1703.10593, appendix 7.2)."""

from typing import Literal

import torch
from torch import Tensor, nn

from genlab.errors import InputError
from genlab.networks.layers.initialise import normal


class ResNet(nn.Module):
    """Image (N, C, H, W) in [-1, 1] -> image (N, C', H, W) in [-1, 1]; H and W multiples of 4.

    In the notation of the appendix: c7s1-w, d2w, d4w, `blocks` x R4w, u2w, uw, c7s1-C'. Width 64 and 9 blocks have 11.378 M parameters.
    """

    stride = 4  # H and W must be multiples of it; genlab.translation.padding pads and crops other images
    dropout_noise = noise = None  # no dropout: the output is a function of the image

    def __init__(
        self,
        channels_in: int = 3,
        channels_out: int = 3,
        width: int = 64,  # filters of the first layer
        blocks: int = 9,  # paper: 6 at 128 px, 9 from 256 px on
        upsampling: Literal["transposed", "resize"] = "transposed",  # the paper's, or nearest + convolution (no checkerboard)
        input_skip: bool = False,  # concatenate the image to the last layer's input, with initial weight 1; not in the paper
    ):
        super().__init__()
        if blocks < 1 or width < 1:
            raise InputError(f"ResNet: blocks and width must be at least 1, got blocks {blocks}, width {width}.")
        layers = [nn.ReflectionPad2d(3), nn.Conv2d(channels_in, width, 7), *normalised(width)]
        for filters in (width, 2 * width):
            layers += [nn.Conv2d(filters, 2 * filters, 3, stride=2, padding=1), *normalised(2 * filters)]
        layers += [Residual(4 * width) for _ in range(blocks)]
        for filters in (4 * width, 2 * width):
            layers += [*upsample(filters, upsampling), *normalised(filters // 2)]
        self.features = nn.Sequential(*layers)
        self.input_skip = input_skip
        last = nn.Conv2d(width + (channels_in if input_skip else 0), channels_out, 7)
        self.to_image = nn.Sequential(nn.ReflectionPad2d(3), last, nn.Tanh())
        normal(self)
        if input_skip:  # starts near tanh(image): shapes need not be learnt again, and training is spent on style
            with torch.no_grad():
                nn.init.dirac_(last.weight[:, width:])

    def forward(self, image: Tensor) -> Tensor:
        features = self.features(image)
        images: Tensor = self.to_image(torch.cat([features, image], 1) if self.input_skip else features)
        return images


class Residual(nn.Module):
    """x + conv(relu(conv(x))) with instance norm and reflection padding, (N, C, H, W) -> same shape."""

    def __init__(self, filters: int):
        super().__init__()
        self.layers = nn.Sequential(
            nn.ReflectionPad2d(1),
            nn.Conv2d(filters, filters, 3),
            *normalised(filters),
            nn.ReflectionPad2d(1),
            nn.Conv2d(filters, filters, 3),
            nn.InstanceNorm2d(filters),
        )

    def forward(self, features: Tensor) -> Tensor:
        deviation: Tensor = self.layers(features)
        return features + deviation


def normalised(filters: int) -> list[nn.Module]:
    """Instance norm without gain and shift, and ReLU."""
    return [nn.InstanceNorm2d(filters), nn.ReLU(inplace=True)]


def upsample(filters: int, method: str) -> list[nn.Module]:
    """Layers (N, filters, H, W) -> (N, filters / 2, 2H, 2W): a transposed convolution, or nearest neighbour and convolution."""
    if method == "transposed":
        return [nn.ConvTranspose2d(filters, filters // 2, 3, stride=2, padding=1, output_padding=1)]
    # Odena et al. 2016, "Deconvolution and checkerboard artifacts": every output pixel depends on the same number of weights.
    return [nn.Upsample(scale_factor=2, mode="nearest"), nn.Conv2d(filters, filters // 2, 3, padding=1)]

"""PatchGAN: a critic that judges overlapping patches (Isola et al. 2017, arXiv:1611.07004, section 3.2.2 and appendix 6.1.2)."""

from typing import Literal

from torch import Tensor, nn

from genlab.errors import InputError
from genlab.networks.layers.initialise import normal
from genlab.networks.layers.normalise import BatchNorm


class PatchGAN(nn.Module):
    """Image (N, C, H, W) -> logits (N, 1, h, w), one a patch.

    Each patch is 70 x 70 px with 3 layers, 34 with 2, 16 with 1, and a single pixel with 0 (all convolutions are 1 x 1 then);
    286 px with 5, which is the whole image at 256 px. With width 64 and 3 layers: 2.765 M parameters; 2.769 M for pairs (6 channels).
    """

    def __init__(
        self,
        channels: int = 3,  # of a pair of images, as pix2pix joins them, both images' together
        width: int = 64,  # filters of the first layer
        layers: int = 3,  # convolutions of stride 2
        norm: Literal["instance", "batch"] = "instance",  # without gain and shift; pix2pix: batch
    ):
        super().__init__()
        if layers < 0 or width < 1:
            raise InputError(f"PatchGAN: layers must be at least 0 and width at least 1, got layers {layers}, width {width}.")
        if layers == 0:
            stack = [nn.Conv2d(channels, width, 1), nn.LeakyReLU(0.2, inplace=True), *normalised(width, 2 * width, norm, 1, 1, 0)]
            stack.append(nn.Conv2d(2 * width, 1, 1))
        else:
            stack = [nn.Conv2d(channels, width, 4, stride=2, padding=1), nn.LeakyReLU(0.2, inplace=True)]
            filters = width
            for layer in range(1, layers + 1):
                grown = min(width * 2**layer, 8 * width)
                stack += normalised(filters, grown, norm, 4, 2 if layer < layers else 1, 1)
                filters = grown
            stack.append(nn.Conv2d(filters, 1, 4, padding=1))
        self.layers = nn.Sequential(*stack)
        normal(self)

    def forward(self, image: Tensor) -> Tensor:
        return self.layers(image)


def normalised(channels: int, filters: int, norm: Literal["instance", "batch"], kernel: int, stride: int, padding: int) -> list[nn.Module]:
    convolution = nn.Conv2d(channels, filters, kernel, stride, padding, bias=norm == "instance")
    return [convolution, BatchNorm(filters) if norm == "batch" else nn.InstanceNorm2d(filters), nn.LeakyReLU(0.2, inplace=True)]

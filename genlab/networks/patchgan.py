"""PatchGAN: a critic of overlapping image patches (Isola et al. 2017, arXiv:1611.07004, section 3.2.2 and appendix 6.1.2)."""

from typing import Literal

from torch import Tensor, nn

from genlab.errors import InputError
from genlab.networks.first_layers import Layers, in_sequence
from genlab.networks.layers.initialise import normal
from genlab.networks.layers.normalise import BatchNorm


class PatchGAN(nn.Module):
    """Image (N, C, H, W) -> logits (N, 1, h, w), one per patch.

    Patches have 70 x 70 px with 3 layers, 34 with 2, 16 with 1, and a single pixel with 0 (all convolutions are then 1 x 1); with 5 they
    have 286 px and cover a whole image of 256 px. Width 64 and 3 layers have 2.765 M parameters; 2.769 M for pairs (6 channels).
    """

    def __init__(
        self,
        channels: int = 3,  # of the input; for the concatenated pairs of pix2pix, the sum over both images
        width: int = 64,  # filters of the first layer
        layers: int = 3,  # number of convolutions of stride 2
        norm: Literal["instance", "batch"] = "instance",  # instance norm has no gain and shift; pix2pix: batch
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

    def first_layers(self) -> Layers:
        """Its convolutions, each with its norm, from the image on, without the last one."""
        return in_sequence(self.layers)

    def forward(self, image: Tensor) -> Tensor:
        logits: Tensor = self.layers(image)
        return logits


def normalised(channels: int, filters: int, norm: Literal["instance", "batch"], kernel: int, stride: int, padding: int) -> list[nn.Module]:
    """Convolution, norm and leaky ReLU, (N, channels, H, W) -> (N, filters, H', W')."""
    convolution = nn.Conv2d(channels, filters, kernel, stride, padding, bias=norm == "instance")
    return [convolution, BatchNorm(filters) if norm == "batch" else nn.InstanceNorm2d(filters), nn.LeakyReLU(0.2, inplace=True)]

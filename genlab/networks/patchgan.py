"""PatchGAN: a critic that judges overlapping patches (Isola et al. 2017, arXiv:1611.07004, section 3.2.2 and appendix 6.1.2)."""

from torch import Tensor, nn

from genlab.errors import InputError
from genlab.networks.initialise import normal


class PatchGAN(nn.Module):
    """Image (N, C, H, W) -> logits (N, 1, h, w), one a patch.

    Each patch is 70 x 70 px with 3 layers, 34 with 2, 16 with 1. With width 64 and 3 layers: 2.765 M parameters.
    """

    def __init__(
        self,
        channels: int = 3,
        width: int = 64,  # filters of the first layer
        layers: int = 3,  # convolutions of stride 2
    ):
        super().__init__()
        if layers < 1 or width < 1:
            raise InputError(f"PatchGAN: layers and width must be at least 1, got layers {layers}, width {width}.")
        stack: list[nn.Module] = [nn.Conv2d(channels, width, 4, stride=2, padding=1), nn.LeakyReLU(0.2, inplace=True)]
        filters = width
        for layer in range(1, layers + 1):
            grown = min(width * 2**layer, 8 * width)
            stack += [
                nn.Conv2d(filters, grown, 4, stride=2 if layer < layers else 1, padding=1),
                nn.InstanceNorm2d(grown),
                nn.LeakyReLU(0.2, inplace=True),
            ]
            filters = grown
        stack.append(nn.Conv2d(filters, 1, 4, padding=1))
        self.layers = nn.Sequential(*stack)
        normal(self)

    def forward(self, image: Tensor) -> Tensor:
        return self.layers(image)

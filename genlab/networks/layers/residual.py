"""Residual blocks without normalisation, as in R3GAN (Huang et al. 2024, arXiv:2501.05441, section 3 and appendix)."""

from collections.abc import Callable, Sequence

from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate

LAYERS = 3  # per block


SLOPE = 0.2


class Block(nn.Module):
    """x + 1 x 1 (leaky(grouped 3 x 3 (leaky(1 x 1 (x))))), (N, filters, H, W) -> same shape. Figure 4, right.

    Initialised as in Zhang et al. 2019 (Fixup, arXiv:1901.09321), which replaces normalisation: the last layer is 0, the others are scaled
    by blocks ** (-1 / (2 LAYERS - 2)), where `blocks` counts the blocks of the whole network.
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
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
            layer.weight.data.mul_(blocks ** (-1 / (2 * LAYERS - 2)))
        nn.init.zeros_(self.narrow.weight)

    def forward(self, features: Tensor) -> Tensor:
        deviation: Tensor = self.narrow(self.activate(self.mix(self.activate(self.widen(features)))))
        return features + deviation


class Doubling(nn.Module):
    """(N, filters, H, W) -> (N, to, 2H, 2W): 1 x 1 convolution if the number of filters changes, then bilinear interpolation."""

    def __init__(self, filters: int, to: int):
        super().__init__()
        self.change = change(filters, to)

    def forward(self, features: Tensor) -> Tensor:
        return interpolate(self.change(features), scale_factor=2, mode="bilinear", align_corners=False)


class Halving(nn.Module):
    """(N, filters, H, W) -> (N, to, H / 2, W / 2): mean of 2 x 2 pixels (the paper smooths over 4 x 4), then 1 x 1 if filters change."""

    def __init__(self, filters: int, to: int):
        super().__init__()
        self.change = change(filters, to)

    def forward(self, features: Tensor) -> Tensor:
        halved: Tensor = self.change(avg_pool2d(features, 2))
        return halved


def stages(
    filters: Sequence[int],  # per side, in the order of the layers
    between: Callable[[int, int], nn.Module],  # Doubling or Halving
    blocks: int,  # per side
    group_size: int | None = None,
    expansion: int = 1,
) -> list[nn.Module]:
    """Residual blocks of every side, with a `between` layer from each side to the next."""
    layers: list[nn.Module] = []
    for level, number in enumerate(filters):
        if level:
            layers.append(between(filters[level - 1], number))
        layers += [Block(number, group_size, expansion, blocks * len(filters)) for _ in range(blocks)]
    return layers


def change(filters: int, to: int) -> nn.Module:
    """1 x 1 convolution if the number of filters changes, else the identity."""
    if filters == to:
        return nn.Identity()
    layer = nn.Conv2d(filters, to, 1, bias=False)
    nn.init.kaiming_normal_(layer.weight, nonlinearity="linear")
    return layer

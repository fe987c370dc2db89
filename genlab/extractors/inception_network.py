"""The Inception network of FID, KID and the Inception Score, as a table of its layers.

It is the classifier of the file `inception-2015-12-05.tgz`, an Inception v3 (Szegedy et al. 2015, arXiv:1512.00567) with 1008 outputs. It
differs from the paper: average pooling leaves the padding out of its means, and the last block pools by maxima. Names of layers are those
of the usual PyTorch port of these weights, `pt_inception-2015-12-05-6726825d.pth`, so that the port's state_dict can be loaded.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, batch_norm, max_pool2d, relu

SIDE = 299  # pixels of the input
FEATURES, CLASSES = 2048, 1008
EPSILON = 1e-3  # of batch norm


class Layer(NamedTuple):
    """A convolution, with batch norm and ReLU."""

    filters: int
    kernel: tuple[int, int] = (1, 1)  # height, width
    stride: int = 1
    padded: bool = True  # with zeros, so that stride 1 keeps the size


class Branch(NamedTuple):
    """Pooling, then layers one after another, then layers next to each other, whose outputs are concatenated."""

    layers: Mapping[str, Layer]
    pool: Literal["", "average", "maximum", "halving"] = ""
    ends: Mapping[str, Layer] = {}


class Normalised(nn.Module):
    """Maps (N, C, H, W) -> (N, filters, H', W'), non-negative: convolution without bias, batch norm with fixed statistics, ReLU."""

    def __init__(self, channels: int, layer: Layer):
        super().__init__()
        padding = (layer.kernel[0] // 2, layer.kernel[1] // 2) if layer.padded else 0
        self.conv = nn.Conv2d(channels, layer.filters, layer.kernel, layer.stride, padding, bias=False)
        self.bn = FixedNorm(layer.filters)

    def forward(self, maps: Tensor) -> Tensor:
        return relu(self.bn(self.conv(maps)))


class FixedNorm(nn.Module):
    """Batch norm of maps (N, C, H, W) in evaluation mode. Ioffe and Szegedy 2015 (arXiv:1502.03167)."""

    running_mean: Tensor
    running_var: Tensor

    def __init__(self, channels: int):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))

    def forward(self, maps: Tensor) -> Tensor:
        return batch_norm(maps, self.running_mean, self.running_var, self.weight, self.bias, eps=EPSILON)


class Block(nn.Module):
    """Maps (N, C, H, W) -> outputs of all branches, concatenated along channels in the order of the table."""

    def __init__(self, channels: int, branches: Sequence[Branch]):
        super().__init__()
        self.branches, self.channels = branches, 0  # of the output
        for branch in branches:
            width = channels
            for name, layer in branch.layers.items():
                self.add_module(name, Normalised(width, layer))
                width = layer.filters
            for name, layer in branch.ends.items():
                self.add_module(name, Normalised(width, layer))
            self.channels += sum(layer.filters for layer in branch.ends.values()) or width

    def forward(self, maps: Tensor) -> Tensor:
        return torch.cat([output for branch in self.branches for output in self.outputs(branch, maps)], 1)

    def outputs(self, branch: Branch, maps: Tensor) -> Iterator[Tensor]:
        """Outputs of a branch: one, or one for each of its ends."""
        maps = pooled(maps, branch.pool)
        for name in branch.layers:
            maps = self.get_submodule(name)(maps)
        yield from (self.get_submodule(name)(maps) for name in branch.ends) if branch.ends else (maps,)


def pooled(maps: Tensor, pool: str) -> Tensor:
    """Pool maps (N, C, H, W) over 3 x 3 positions; `halving` takes maxima with stride 2 and without padding, the others keep the size."""
    if pool == "average":  # means over the positions inside the image only
        return avg_pool2d(maps, 3, stride=1, padding=1, count_include_pad=False)
    if pool == "maximum":
        return max_pool2d(maps, 3, stride=1, padding=1)
    return max_pool2d(maps, 3, stride=2) if pool == "halving" else maps


def at_35_px(pooled_filters: int) -> list[Branch]:
    """A block on maps of 35 x 35. arXiv:1512.00567, figure 5, with a 5 x 5 convolution as in figure 4."""
    return [
        Branch({"branch1x1": Layer(64)}),
        Branch({"branch5x5_1": Layer(48), "branch5x5_2": Layer(64, (5, 5))}),
        Branch({"branch3x3dbl_1": Layer(64), "branch3x3dbl_2": Layer(96, (3, 3)), "branch3x3dbl_3": Layer(96, (3, 3))}),
        Branch({"branch_pool": Layer(pooled_filters)}, "average"),
    ]


def to_17_px() -> list[Branch]:
    """The reduction from 35 x 35 to 17 x 17. arXiv:1512.00567, figure 10."""
    halved = Layer(96, (3, 3), stride=2, padded=False)
    return [
        Branch({"branch3x3": Layer(384, (3, 3), stride=2, padded=False)}),
        Branch({"branch3x3dbl_1": Layer(64), "branch3x3dbl_2": Layer(96, (3, 3)), "branch3x3dbl_3": halved}),
        Branch({}, "halving"),
    ]


def at_17_px(width: int) -> list[Branch]:
    """A block on maps of 17 x 17 with factorised 7 x 7 convolutions. arXiv:1512.00567, figure 6."""
    row, column = Layer(width, (1, 7)), Layer(width, (7, 1))
    single = {"branch7x7_1": Layer(width), "branch7x7_2": row, "branch7x7_3": Layer(192, (7, 1))}
    inner = {"branch7x7dbl_2": column, "branch7x7dbl_3": row, "branch7x7dbl_4": column}
    double = {"branch7x7dbl_1": Layer(width), **inner, "branch7x7dbl_5": Layer(192, (1, 7))}
    return [Branch({"branch1x1": Layer(192)}), Branch(single), Branch(double), Branch({"branch_pool": Layer(192)}, "average")]


def to_8_px() -> list[Branch]:
    """The reduction from 17 x 17 to 8 x 8."""
    halved = Layer(192, (3, 3), stride=2, padded=False)
    factorised = {"branch7x7x3_2": Layer(192, (1, 7)), "branch7x7x3_3": Layer(192, (7, 1))}
    return [
        Branch({"branch3x3_1": Layer(192), "branch3x3_2": Layer(320, (3, 3), stride=2, padded=False)}),
        Branch({"branch7x7x3_1": Layer(192), **factorised, "branch7x7x3_4": halved}),
        Branch({}, "halving"),
    ]


def at_8_px(pool: Literal["average", "maximum"]) -> list[Branch]:
    """A block on maps of 8 x 8 with branches that end in two convolutions. arXiv:1512.00567, figure 7."""
    row, column = Layer(384, (1, 3)), Layer(384, (3, 1))
    return [
        Branch({"branch1x1": Layer(320)}),
        Branch({"branch3x3_1": Layer(384)}, ends={"branch3x3_2a": row, "branch3x3_2b": column}),
        Branch(
            {"branch3x3dbl_1": Layer(448), "branch3x3dbl_2": Layer(384, (3, 3))},
            ends={"branch3x3dbl_3a": row, "branch3x3dbl_3b": column},
        ),
        Branch({"branch_pool": Layer(192)}, pool),
    ]


# The first layers, in their order; "" marks max pooling of 3 x 3 positions with stride 2.
STEM: Sequence[tuple[str, Layer | None]] = (
    ("Conv2d_1a_3x3", Layer(32, (3, 3), stride=2, padded=False)),
    ("Conv2d_2a_3x3", Layer(32, (3, 3), padded=False)),
    ("Conv2d_2b_3x3", Layer(64, (3, 3))),
    ("", None),
    ("Conv2d_3b_1x1", Layer(80)),
    ("Conv2d_4a_3x3", Layer(192, (3, 3), padded=False)),
    ("", None),
)
BLOCKS: Sequence[tuple[str, Sequence[Branch]]] = (
    ("Mixed_5b", at_35_px(32)),
    ("Mixed_5c", at_35_px(64)),
    ("Mixed_5d", at_35_px(64)),
    ("Mixed_6a", to_17_px()),
    ("Mixed_6b", at_17_px(128)),
    ("Mixed_6c", at_17_px(160)),
    ("Mixed_6d", at_17_px(160)),
    ("Mixed_6e", at_17_px(192)),
    ("Mixed_7a", to_8_px()),
    ("Mixed_7b", at_8_px("average")),
    ("Mixed_7c", at_8_px("maximum")),
)


class Network(nn.Module):
    """Images (N, 3, 299, 299) in [-1, 1) -> features (N, 2048): means of the last maps over their 8 x 8 positions.

    It has 23,850,960 parameters: 21,785,568 up to the features, 2,064,384 weights and 1,008 biases of the final layer. With the 34,432
    running means and variances of batch norm, which are not parameters, its state_dict holds 23,885,392 numbers.
    """

    def __init__(self) -> None:
        super().__init__()
        width = 3
        for name, layer in STEM:
            if layer is not None:
                self.add_module(name, Normalised(width, layer))
                width = layer.filters
        for name, branches in BLOCKS:
            block = Block(width, branches)
            self.add_module(name, block)
            width = block.channels
        self.fc = nn.Linear(width, CLASSES)

    def forward(self, images: Tensor) -> Tensor:
        *_, (_, maps) = self.activations(images)
        return maps.mean((2, 3))

    def activations(self, images: Tensor) -> Iterator[tuple[str, Tensor]]:
        """Yield the name and the output (N, C, H, W) of each layer of the stem, each max pooling (named "") and each block."""
        maps = images
        for name, layer in STEM:
            maps = pooled(maps, "halving") if layer is None else self.get_submodule(name)(maps)
            yield name, maps
        for name, _ in BLOCKS:
            maps = self.get_submodule(name)(maps)
            yield name, maps

"""Layers that compare the images of a batch, so that a critic can detect samples that are all alike."""

import torch
from torch import Tensor, nn

from genlab.engine import parts
from genlab.engine.precision import at_least_fp32
from genlab.engine.square_root import square_root


class MinibatchDiscrimination(nn.Module):
    """Features (N, C, H, W) -> (N, C + kernels, H, W): append `kernels` measures of each image's closeness to the others of its batch.

    Salimans et al. 2016 (arXiv:1606.03498), section 3.2: M_i = f(x_i) T, o(x_i)_b = sum over j of exp(-|M_ib - M_jb|_1), j other
    than i (the paper's sum includes j = i, a constant 1). Each o_b fills a channel of the map; the paper appends it to a vector.
    """

    def __init__(
        self,
        channels: int,
        side: int,  # of the feature map, pixels
        kernels: int = 32,  # B
        dimensions: int = 8,  # C, of each kernel's space
    ):
        super().__init__()
        self.added = kernels
        features = channels * side * side
        self.projection = nn.Parameter(torch.randn(features, kernels, dimensions) / features**0.5)  # T

    def forward(self, features: Tensor) -> Tensor:
        projected = torch.einsum("nf,fbc->nbc", features.flatten(1), self.projection)
        closeness = (projected[:, None] - parts.gather(projected)[None]).abs().sum(3).neg().exp().sum(1) - 1
        return torch.cat([features, closeness[:, :, None, None].expand(-1, -1, *features.shape[2:])], 1)


class MinibatchDeviation(nn.Module):
    """Features (N, C, H, W) -> (N, C + 1, H, W): append the mean standard deviation within a group of images, as one channel.

    Karras et al. 2017 (arXiv:1710.10196), section 3. Image i shares a group with image i + N / group_size, and so on.
    """

    def __init__(
        self,
        channels: int,
        side: int,  # unused, like `channels`: both layers of this module share one signature
        group_size: int = 4,  # images per group; batches of a size that it does not divide are one group
    ):
        super().__init__()
        self.added, self.group_size = 1, group_size

    def forward(self, features: Tensor) -> Tensor:
        whole = at_least_fp32(parts.gather(features))  # in fp16, 1e-8 would be 0, and so the gradient at equal images infinite
        count = len(whole)
        size = self.group_size if count % self.group_size == 0 else count
        groups = whole.reshape(size, count // size, -1)
        variance = (groups - groups.mean(0)).square().mean(0)  # several times faster than torch.var over the first dimension
        deviation = square_root(variance + 1e-8).mean(1)  # one number per group
        channel = parts.own(deviation.repeat(size)).to(features.dtype)[:, None, None, None].expand(-1, 1, *features.shape[2:])
        return torch.cat([features, channel], 1)

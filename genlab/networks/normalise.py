"""Normalisation of feature maps by name, and who mixes the images of a batch."""

from typing import Literal

from torch import Tensor, nn
from torch.nn.functional import instance_norm

Norm = Literal["batch", "instance", "layer", "none"]
BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm)


def normalise(norm: Norm, channels: int) -> nn.Module:
    """Features (N, channels, H, W) -> the same shape; `layer` over all of an image's features (Ba et al. 2016), a gain a channel."""
    if norm == "batch":
        return BatchNorm(channels)
    if norm == "instance":
        return nn.InstanceNorm2d(channels, affine=True)
    return nn.GroupNorm(1, channels) if norm == "layer" else nn.Identity()


class BatchNorm(nn.BatchNorm2d):
    """Batch norm that in evaluation mode can also go by each image's own statistics, as if it were a batch of one."""

    alone = False  # in evaluation mode: each image by itself; else by the running statistics

    def forward(self, input: Tensor) -> Tensor:
        if self.alone and not self.training:
            return instance_norm(input, weight=self.weight, bias=self.bias, eps=self.eps)
        return super().forward(input)


def batch_norms(module: nn.Module) -> list[str]:
    """The names of a module's batch normalisations."""
    return [name for name, layer in module.named_modules() if isinstance(layer, BATCH_NORMS)]

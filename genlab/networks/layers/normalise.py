"""Normalisation of feature maps by name, of weights, and who mixes the images of a batch."""

import copy
from typing import Literal

from torch import Tensor, nn
from torch.nn.functional import instance_norm
from torch.nn.utils.parametrizations import spectral_norm
from torch.nn.utils.parametrize import is_parametrized

from genlab.networks.layers.initialise import WEIGHTED

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

    per_image = False  # in evaluation mode: each image by itself; else by the running statistics

    def forward(self, input: Tensor) -> Tensor:
        if self.per_image and not self.training:
            return instance_norm(input, weight=self.weight, bias=self.bias, eps=self.eps)
        return super().forward(input)


def normalise_spectrally(module: nn.Module) -> None:
    """Every weight divided by its largest singular value, by one power iteration a step. Miyato et al. 2018 (arXiv:1802.05957)."""
    for layer in list(module.modules()):  # the norms themselves become modules of it
        if isinstance(layer, WEIGHTED):
            spectral_norm(layer)


def without_spectral_norm(network: nn.Module) -> nn.Module:
    """A copy whose spectral norms have been carried out, once for all: what the network is in evaluation mode."""
    network = copy.deepcopy(network).eval()
    for module in list(network.modules()):
        if is_parametrized(module):
            weights = {name: nn.Parameter(getattr(module, name).detach().clone()) for name in module.parametrizations}
            # Not torch's remove_parametrizations: it takes the weight from the class, which a copy shares with what it is a copy of.
            del module.parametrizations
            module.__class__ = type(module).__bases__[0]
            for name, weight in weights.items():
                module.register_parameter(name, weight)
    return network


def batch_norms(module: nn.Module) -> list[str]:
    """The names of a module's batch normalisations."""
    return [name for name, layer in module.named_modules() if isinstance(layer, BATCH_NORMS)]

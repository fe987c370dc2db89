"""Normalisation of feature maps and of weights, and a search for the layers that mix the images of a batch."""

import copy
from collections.abc import Collection
from typing import Literal, cast

from torch import Tensor, nn
from torch.nn.functional import instance_norm
from torch.nn.utils.parametrizations import spectral_norm
from torch.nn.utils.parametrize import is_parametrized

from genlab.errors import InputError
from genlab.networks.layers.initialise import WEIGHTED

Norm = Literal["batch", "instance", "layer", "none"]
BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm)


def normalise(norm: Norm, channels: int) -> nn.Module:
    """Make a norm for features (N, channels, H, W); `layer` uses all features of an image (Ba et al. 2016), with one gain per channel."""
    if norm == "batch":
        return BatchNorm(channels)
    if norm == "instance":
        return nn.InstanceNorm2d(channels, affine=True)
    return nn.GroupNorm(1, channels) if norm == "layer" else nn.Identity()


class BatchNorm(nn.BatchNorm2d):
    """Batch norm that can normalise each image by its own statistics in evaluation mode, as if it were a batch of one."""

    per_image = False  # in evaluation mode, use the statistics of each image instead of the running ones

    def forward(self, input: Tensor) -> Tensor:
        if self.per_image and not self.training:
            return instance_norm(input, weight=self.weight, bias=self.bias, eps=self.eps)
        return super().forward(input)


def normalise_spectrally(
    module: nn.Module,
    excluded: Collection[nn.Module] = (),  # layers that keep their weights
) -> None:
    """Divide every weight by its largest singular value, with one power iteration per step. Miyato et al. 2018 (arXiv:1802.05957).

    Raises:
        InputError: a weight is 0 everywhere. It has no largest singular value to divide by: the layer's outputs would be NaN.
    """
    for name, layer in list(module.named_modules()):  # a list, since the norms are added as submodules
        if isinstance(layer, WEIGHTED) and layer not in excluded:
            if not layer.weight.is_meta and not layer.weight.any():
                raise InputError(
                    f"spectral norm: got the weight of {name or 'the layer'} ({type(layer).__name__}), which is 0 everywhere, expected one "
                    "that starts at random: division by its norm of 0 gives NaN. Initialise it, or leave the layer out (`excluded`)."
                )
            spectral_norm(layer)


def without_spectral_norm(network: nn.Module) -> nn.Module:
    """Copy a network in evaluation mode, with its spectral norms folded into the weights: the copy computes the same outputs."""
    network = copy.deepcopy(network).eval()
    for module in list(network.modules()):
        if is_parametrized(module):
            weights = {name: nn.Parameter(getattr(module, name).detach().clone()) for name in cast(nn.ModuleDict, module.parametrizations)}
            # Not torch's remove_parametrizations: it deletes the weight from the class, which the copy shares with the original.
            del module.parametrizations
            module.__class__ = type(module).__bases__[0]
            for name, weight in weights.items():
                module.register_parameter(name, weight)
    return network


def batch_norms(module: nn.Module) -> list[str]:
    """Names of all batch-norm layers in a module."""
    return [name for name, layer in module.named_modules() if isinstance(layer, BATCH_NORMS)]

"""Application of a network to several batches whose images must not influence each other."""

import torch
from torch import Tensor, nn

from genlab.networks.layers.minibatch import MinibatchDeviation, MinibatchDiscrimination
from genlab.networks.layers.normalise import BATCH_NORMS

MIXING = (*BATCH_NORMS, MinibatchDeviation, MinibatchDiscrimination)  # layers whose output for an image depends on its batch


def mixing_layers(module: nn.Module) -> list[str]:
    """Names of all layers in a module that mix the images of a batch. A minibatch deviation within groups of one image does not."""
    found = ((name, layer) for name, layer in module.named_modules() if isinstance(layer, MIXING))
    return [name for name, layer in found if not (isinstance(layer, MinibatchDeviation) and layer.group_size == 1)]


def separately(network: nn.Module, *batches: Tensor) -> tuple[Tensor, ...]:
    """Batches (N, C, H, W) -> the network's outputs for each, computed in one pass if no layer mixes images, else in one pass per batch.

    One pass is faster. With batch norm or a minibatch layer, the outputs for one batch would depend on the other: a critic would normalise
    real images by the statistics of fakes.
    """
    if mixing_layers(network):
        return tuple(network(batch) for batch in batches)
    outputs: Tensor = network(torch.cat(batches))
    parts: tuple[Tensor, ...] = outputs.split([len(batch) for batch in batches])
    return parts

"""Contracts of networks that another training's weights enter: which layers of a critic are its first, and which lists end alike."""

from collections.abc import Iterable, Sequence
from typing import Protocol, runtime_checkable

from torch import nn

Layers = list[list[nn.Module]]  # each layer as the modules that hold its weights


@runtime_checkable
class HasFirstLayers(Protocol):
    """A critic whose first layers can be frozen: FreezeD, Mo et al. 2020 (arXiv:2002.10964)."""

    def first_layers(self) -> Layers:
        """Its layers in the order of computation, from the image on, without the last one, which makes the logits.

        A norm belongs to the layer whose output it normalises, and a residual block is one layer.
        """


@runtime_checkable
class CountedFromEnd(Protocol):
    """A network with lists of layers whose last items, not the first ones, have the same meaning at every image size."""

    counted_from_end: Sequence[str]  # names of these lists


def in_sequence(layers: Iterable[nn.Module]) -> Layers:
    """The layers of a sequence as `first_layers` returns them: each begins at a matrix of weights, and the last one is left out."""
    found: Layers = []
    for layer in layers:
        sizes = [parameter.dim() for parameter in layer.parameters()]
        if sizes and (max(sizes) > 1 or not found):
            found.append([layer])
        elif sizes:
            found[-1].append(layer)  # a norm
    return found[:-1]


def wrapped_layers(critic: nn.Module) -> Layers:
    """The first layers of a critic inside another one; [] if it does not state them."""
    return critic.first_layers() if isinstance(critic, HasFirstLayers) else []

"""What the training steps have in common."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

from torch import Tensor, nn

Batches = Iterator[tuple[Tensor, ...]]  # images (N, C, H, W) in [-1, 1] and labels (N,), or the images of two domains


class Peer(nn.Module, ABC):
    """A model with its optimizers, made from the description of genlab's recipe, so that both have the same sizes."""

    source: ClassVar[str]  # the public implementation whose structure the step has
    recipe: ClassVar[str]  # of conf/base, of which genlab trains a variant
    kind: ClassVar[str] = "labelled"  # of the image set
    shape: ClassVar[tuple[int, int]]  # side in pixels and channels of the images
    cycle: ClassVar[int] = 1  # turns after which the same updates follow again
    settings: ClassVar[Mapping[str, Any]]  # changes of genlab's recipe, by dotted key, with which it computes what this peer computes

    def __init__(self, model: Mapping[str, Any]):  # description of genlab's recipe
        super().__init__()

    @abstractmethod
    def step(self, batches: Batches) -> dict[str, float]:
        """Take batches, change the weights once, and return the losses."""

    @abstractmethod
    def trained(self) -> Iterable[nn.Module]:
        """Return the networks that are trained, without moving averages."""


def require_gradients(networks: Iterable[nn.Module], required: bool) -> None:
    """Freeze networks, or undo it, parameter after parameter."""
    for network in networks:
        for parameter in network.parameters():
            parameter.requires_grad = required


def initialise_normal(network: nn.Module, deviation: float = 0.02) -> None:
    """Draw the weights of convolutions from N(0, deviation^2)."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.normal_(layer.weight, 0.0, deviation)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def numbers(**losses: Tensor) -> dict[str, float]:
    """Losses as numbers, one transfer each."""
    return {name: loss.item() for name, loss in losses.items()}

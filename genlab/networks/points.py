"""Fully connected networks for points: images of D channels and one pixel, which samples of genlab.densities are."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Literal, cast

from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from genlab.networks.first_layers import Layers, in_sequence
from genlab.networks.layers.initialise import orthogonal
from genlab.networks.layers.minibatch import MinibatchDiscrimination

Activation = Literal["relu", "leaky_relu", "tanh"]
ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {"relu": nn.ReLU, "leaky_relu": lambda: nn.LeakyReLU(0.2), "tanh": nn.Tanh}


class Generator(nn.Module):
    """Latent (N, latent_size) -> image (N, D, 1, 1), without an output activation: points are not bounded."""

    classes = 0  # unconditional
    size = 1  # pixel

    def __init__(
        self,
        dimensions: int = 2,  # D
        latent_size: int = 2,
        hidden: Sequence[int] = (128, 128),  # units per hidden layer
        activation: Activation = "relu",
    ):
        super().__init__()
        self.latent_size = latent_size
        layers = hidden_layers([latent_size, *hidden], activation)
        self.layers = nn.Sequential(*layers, nn.Linear([latent_size, *hidden][-1], dimensions))
        orthogonal(self)

    def forward(self, latent: Tensor) -> Tensor:
        points: Tensor = self.layers(latent)
        return points[:, :, None, None]


class Critic(nn.Module):
    """Image (N, D, 1, 1) -> logits (N,)."""

    classes = 0  # unconditional

    def __init__(
        self,
        dimensions: int = 2,  # D
        hidden: Sequence[int] = (128, 128),  # units per hidden layer
        activation: Activation = "leaky_relu",
        norm: Literal["none", "spectral"] = "none",
        minibatch: Callable[..., nn.Module] | None = None,  # layer after the last hidden one, (channels, side) -> module with `added`
    ):
        super().__init__()
        layers = hidden_layers([dimensions, *hidden], activation)
        features = [dimensions, *hidden][-1]
        mixing: list[nn.Module] = []
        if minibatch is not None:
            layer = minibatch(features, 1)
            mixing = [nn.Unflatten(1, (features, 1, 1)), layer, nn.Flatten()]
            features += cast(MinibatchDiscrimination, layer).added
        self.layers = nn.Sequential(nn.Flatten(), *layers, *mixing, nn.Linear(features, 1), nn.Flatten(0))
        orthogonal(self)
        if norm == "spectral":
            for module in [*self.modules()]:
                if isinstance(module, nn.Linear):
                    spectral_norm(module)

    def first_layers(self) -> Layers:
        """Its linear layers, from the image on, without the last one."""
        return in_sequence(self.layers)

    def forward(self, image: Tensor) -> Tensor:
        logits: Tensor = self.layers(image)
        return logits


def hidden_layers(units: Sequence[int], activation: Activation) -> list[nn.Module]:
    """Linear layers between consecutive numbers of units, each followed by the activation."""
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(units):
        layers += [nn.Linear(inputs, outputs), ACTIVATIONS[activation]()]
    return layers

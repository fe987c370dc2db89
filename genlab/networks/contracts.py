"""Protocols of the attributes that recipes require of networks, and a check that names missing attributes."""

from typing import Any, Protocol

from torch import nn

from genlab.errors import InputError
from genlab.networks.dropout_noise import DropoutNoise


class Sampler(Protocol):
    """A generator: latent (N, latent_size) [, label (N,)] -> image (N, C, size, size)."""

    latent_size: int
    size: int  # pixels
    classes: int  # number of classes; 0: unconditional


class Critic(Protocol):
    """A critic: image (N, C, H, W) [, label (N,)] -> logits (N, ...)."""

    classes: int  # number of classes; 0: unconditional


class SizedCritic(Protocol):
    """A critic for images of one size."""

    classes: int
    size: int  # pixels


class Translator(Protocol):
    """An image-to-image network: image (N, C, H, W) [, noise] -> image (N, C', H, W), H and W multiples of `stride`."""

    stride: int  # pixels
    noise: DropoutNoise | None  # shape of the noise input in evaluation mode; None: no such input
    dropout_noise: DropoutNoise | None  # shape of the noise of all dropout layers; None: no dropout


class Coder(Protocol):
    """An encoder to latents or a decoder of latents, (N, latent_size)."""

    latent_size: int
    classes: int  # number of classes; 0: unconditional


def require(
    network: nn.Module,
    contract: type[Any],  # a protocol of this module
    role: str,  # name of the network in the configuration, e.g. "generator"
) -> None:
    """Check that a network has the attributes of a protocol.

    Raises:
        InputError: attributes are missing.
    """
    missing = [name for name in contract.__annotations__ if not _has(network, name)]
    if missing:
        raise InputError(
            f"{role}: {type(network).__name__} ({type(network).__module__}) has no {' and no '.join(f'`{name}`' for name in missing)}; a "
            f"{contract.__name__} states {', '.join(f'`{name}`' for name in contract.__annotations__)} (genlab.networks.contracts). "
            "Name another network, or set them in its constructor."
        )


def _has(network: nn.Module, name: str) -> bool:
    """Whether a network has an attribute; its value may be None."""
    try:
        getattr(network, name)
    except AttributeError:
        return False
    return True

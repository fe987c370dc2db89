"""What recipes expect of networks: attributes as protocols, and a check that names what is missing."""

from typing import Any, Protocol

from torch import nn

from genlab.errors import InputError
from genlab.networks.dropout_noise import DropoutNoise


class Sampler(Protocol):
    """Latent (N, latent_size) [, label (N,)] -> image (N, C, size, size)."""

    latent_size: int
    size: int  # pixels
    classes: int  # labels that it is conditional on; 0: none


class Critic(Protocol):
    """Image (N, C, H, W) [, label (N,)] -> logits (N, ...)."""

    classes: int  # labels that it takes; 0: none


class SizedCritic(Protocol):
    """A critic for images of one size."""

    classes: int
    size: int  # pixels


class Translator(Protocol):
    """Image (N, C, H, W) [, noise] -> image (N, C', H, W), H and W multiples of the stride."""

    stride: int  # pixels
    noise: DropoutNoise | None  # that it takes when it translates; None: none
    dropout_noise: DropoutNoise | None  # of its dropout; None: it has no dropout


class Coder(Protocol):
    """An encoder or a decoder of latents (N, latent_size)."""

    latent_size: int
    classes: int  # labels that it is conditional on; 0: none


def require(
    network: nn.Module,
    contract: type[Any],  # a protocol above
    role: str,  # of the network, as the user named it: "generator"
) -> None:
    """Check that a network has the attributes of a contract.

    Raises:
        InputError: it lacks some.
    """
    missing = [name for name in contract.__annotations__ if not _has(network, name)]
    if missing:
        raise InputError(
            f"{role}: {type(network).__name__} ({type(network).__module__}) has no {' and no '.join(f'`{name}`' for name in missing)}; a "
            f"{contract.__name__} states {', '.join(f'`{name}`' for name in contract.__annotations__)} (genlab.networks.contracts). "
            "Name another network, or set them in its constructor."
        )


def _has(network: nn.Module, name: str) -> bool:
    """Whether a network has an attribute, also one whose value is None."""
    try:
        getattr(network, name)
    except AttributeError:
        return False
    return True

"""Checks of the arguments and parts of a variational autoencoder."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import cast

from torch import Tensor, nn

from genlab.errors import InputError
from genlab.networks.contracts import Coder, require
from genlab.variational.priors import Prior


def check_arguments(beta: float, beta_warm_up: float, free_bits: float, importance_samples: Sequence[int]) -> None:
    """Check the ranges of a variational autoencoder's arguments.

    Raises:
        InputError: a number is out of range, or the numbers of `importance_samples` do not divide each other.
    """
    for name, value in {"beta": beta, "free_bits": free_bits}.items():
        if not (value >= 0 and math.isfinite(value)):
            raise InputError(f"{name}: got {value}, expected a number from 0 on.")
    if not 0 <= beta_warm_up <= 1:
        raise InputError(f"beta_warm_up: got {beta_warm_up}, expected a share of the budget, from 0 to 1.")
    ordered = sorted(importance_samples)
    if not ordered or ordered[0] < 1 or any(more % less for less, more in pairwise(ordered)):
        raise InputError(
            f"importance_samples: got {list(importance_samples)}, expected numbers from 1 on of which each divides the next, e.g. "
            "[1, 10, 100]: only then do the bounds rise with them, image by image."
        )


def check_coders(encoder: nn.Module, decoder: nn.Module) -> None:
    """Check that encoder and decoder have the attributes `latent_size` and `classes`.

    Raises:
        InputError: an attribute is missing.
    """
    for name, coder in (("encoder", encoder), ("decoder", decoder)):
        require(coder, Coder, name)


def check_parts(encoder: nn.Module, decoder: nn.Module, prior: Prior) -> None:
    """Check that encoder, decoder and prior have the same latent size, and encoder and decoder the same number of classes.

    Raises:
        InputError: they differ.
    """
    parts = {"encoder": cast(Coder, encoder), "decoder": cast(Coder, decoder)}
    sizes = {name: part.latent_size for name, part in parts.items()} | {"prior": prior.latent_size}
    if len(set(sizes.values())) > 1:
        raise InputError(f"latent_size: got {as_text(sizes)}, expected one for all. Change them.")
    classes = {name: part.classes for name, part in parts.items()}
    if len(set(classes.values())) > 1:
        raise InputError(f"classes: got {as_text(classes)}, expected the same for both, conditional on the label or not. Change them.")


def shape_text(values: Tensor) -> str:
    """Shape of one item of a batch as text, e.g. "1 x 28 x 28"."""
    return " x ".join(map(str, values.shape[1:]))


def as_text(values: dict[str, int]) -> str:
    """Names and values as text, e.g. "encoder 10, decoder 20"."""
    return ", ".join(f"{name} {value}" for name, value in values.items())

"""Weights as bytes: equal weights give equal bytes, and so an equal hash."""

import hashlib
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from genlab.engine.json_text import json_text


def to_bytes(
    weights: Mapping[str, Tensor],
    description: Mapping[str, Any] | None = None,  # stored as JSON in the metadata key `genlab`
) -> bytes:
    """Weights as the bytes of a safetensors file."""
    from safetensors.torch import save

    # A single key of metadata: safetensors writes several in an order that changes from call to call.
    return save(separate(weights), metadata=None if description is None else {"genlab": json_text(description, sort_keys=True)})


def digest(weights: Mapping[str, Tensor]) -> str:
    """SHA-256 of the checkpoint file of these weights, 64 hexadecimal digits."""
    return hashlib.sha256(to_bytes(weights)).hexdigest()


def separate(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Contiguous tensors on the CPU, none of which shares memory with another one, as safetensors requires.

    Weights that several modules share are stored once per name. Loading them into the same modules gives the same network.
    """
    found: dict[str, Tensor] = {}
    seen: set[int] = set()
    for name, tensor in weights.items():
        plain = tensor.detach().to("cpu").contiguous()
        if plain.numel() and (plain.untyped_storage().data_ptr() in seen or plain.untyped_storage().nbytes() > plain.nbytes):
            plain = plain.clone(memory_format=torch.contiguous_format)
        seen.add(plain.untyped_storage().data_ptr())
        found[name] = plain
    return found

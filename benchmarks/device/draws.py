"""Random numbers that are equal on all devices: drawn on the CPU, in the order of the dimensions, and moved to where they are needed.

A GPU has a generator of its own, so that the same seed gives other latents, noise and augmentations there than on the CPU. Two runs can be
compared only if they draw the same numbers.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode


class DrawnOnCPU(TorchFunctionMode):
    """Mode in which torch's random functions draw on the CPU, whatever the device and the memory format of their results."""

    def __torch_function__(
        self, function: Callable[..., Any], types: Sequence[type], args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        draw = DRAWS.get(function)
        return function(*args, **(kwargs or {})) if draw is None else draw(function, *args, **(kwargs or {}))


def of_size(function: Callable[..., Tensor], *arguments: Any, **options: Any) -> Tensor:
    """torch.rand and its relatives."""
    device = options.pop("device", None) or "cpu"
    return function(*arguments, **options).to(device)


def like(function: Callable[..., Tensor], values: Tensor, *arguments: Any, **options: Any) -> Tensor:
    """torch.randn_like and its relatives."""
    return torch.empty_like(values).copy_(function(torch.empty(values.shape, dtype=values.dtype), *arguments, **options))


def in_place(function: Callable[..., Tensor], values: Tensor, *arguments: Any, **options: Any) -> Tensor:
    """Tensor.normal_ and its relatives."""
    with torch.no_grad():
        return values.copy_(function(torch.empty(values.shape, dtype=values.dtype), *arguments, **options))


def of_weights(function: Callable[..., Tensor], weights: Tensor, *arguments: Any, **options: Any) -> Tensor:
    """torch.bernoulli and torch.multinomial, which draw with the probabilities or weights in a tensor."""
    return function(weights.detach().cpu().contiguous(), *arguments, **options).to(weights.device)


def dropout(
    function: Callable[..., Tensor], values: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:  # as torch.nn.functional.dropout
    """Features multiplied by a mask of 0 and 1 / (1 - p)."""
    if not training or p == 0:
        return values
    return values * function(torch.ones(values.shape), p, True).to(values)


DRAWS: dict[Callable[..., Any], Callable[..., Tensor]] = {
    **dict.fromkeys((torch.rand, torch.randn, torch.randint, torch.randperm), of_size),
    **dict.fromkeys((torch.rand_like, torch.randn_like, torch.randint_like), like),
    **dict.fromkeys((torch.Tensor.uniform_, torch.Tensor.normal_, torch.Tensor.exponential_, torch.Tensor.random_), in_place),
    **dict.fromkeys((torch.bernoulli, torch.Tensor.bernoulli, torch.multinomial, torch.Tensor.multinomial), of_weights),
    functional.dropout: dropout,
}

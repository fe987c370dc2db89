"""Clipping of gradients before each step of an optimizer, by their norm or by their values."""

import math
from collections.abc import Callable, Iterable, Sequence

import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_, clip_grad_value_, get_total_norm

from genlab.errors import InputError

NORM, VALUE = "clip_norm", "clip_value"  # keys of a clipped optimizer's parameter groups


def clipped(
    parameters: Iterable[nn.Parameter],
    optimizer: Callable[[Iterable[nn.Parameter]], torch.optim.Optimizer],  # e.g. {class: torch.optim.Adam, partial: true, lr: 2.0e-4}
    norm: float | None = None,  # largest norm of the gradients of one step
    value: float | None = None,  # largest absolute value of one number of the gradients
) -> torch.optim.Optimizer:
    """Make an optimizer whose gradients are clipped before each step.

    By norm: g <- g min(1, norm / |g|), where |g| is the Euclidean norm of all gradients of this optimizer together; Pascanu et al. 2013
    (arXiv:1211.5063), algorithm 1. By value: each number of g is limited to [-value, value]. The optimizer's groups of parameters hold the
    limits, where `limits_of` finds them.

    Raises:
        InputError: not exactly one of `norm` and `value` is given, or it is not positive and finite.
    """
    given = [each for each in (norm, value) if each is not None]
    if len(given) != 1:
        raise InputError(f"clipped: got norm {norm} and value {value}, expected exactly one of them.")
    if not (given[0] > 0 and math.isfinite(given[0])):
        raise InputError(f"clipped: got {'value' if norm is None else 'norm'} {given[0]}, expected a positive number.")
    made = optimizer(parameters)
    for group in made.param_groups:
        group[NORM], group[VALUE] = norm, value
    return made


class Limits:
    """Limits of the gradients of one optimizer."""

    def __init__(self, norm: float | None, value: float | None):  # exactly one of them
        self.norm, self.value = norm, value

    def apply(self, parameters: Sequence[nn.Parameter]) -> dict[str, Tensor]:
        """Clip the gradients in place -> their norm before that, and whether they were changed, 0 or 1."""
        given = [parameter for parameter in parameters if parameter.grad is not None]
        gradients = [parameter.grad for parameter in given if parameter.grad is not None]
        if self.norm is not None:
            norm = clip_grad_norm_(given, self.norm)
            return {"gradient_norm": norm, "clipped": (norm > self.norm).float()}
        assert self.value is not None  # `clipped` checks it
        norm, largest = get_total_norm(gradients), get_total_norm(gradients, math.inf)
        clip_grad_value_(given, self.value)
        return {"gradient_norm": norm, "clipped": (largest > self.value).float()}


def limits_of(optimizer: torch.optim.Optimizer) -> Limits | None:
    """Limits of the gradients of an optimizer; None if it was not made by `clipped`."""
    group = optimizer.param_groups[0]
    return Limits(group[NORM], group[VALUE]) if NORM in group else None

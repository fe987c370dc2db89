"""Torch functions within a part of a batch: random draws of the whole batch, and batch norm with the statistics of all ranks."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from genlab.engine import ranks
from genlab.engine.parts import Part, current
from genlab.engine.precision import at_least_fp32
from genlab.errors import InputError


class Divided(TorchFunctionMode):
    """Mode in which random functions draw for the whole batch and return the rows of a part, and batch norm uses all ranks' images.

    Draws without dimensions are equal on all parts. A random function that is not divided here is an error.
    """

    def __init__(self, part: Part):
        super().__init__()
        self.part = part

    def __torch_function__(
        self, function: Callable[..., Any], types: Sequence[type], args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        # Of nested parts, only the innermost divides.
        divided = FUNCTIONS.get(function) if current.get() is self.part else None
        return function(*args, **(kwargs or {})) if divided is None else divided(self.part, function, *args, **(kwargs or {}))


@contextmanager
def within(part: Part | None) -> Iterator[None]:
    """Context manager in which a part is the current one; None: the batch is not divided."""
    token = current.set(part)
    try:
        if part is None:
            yield
        else:
            with Divided(part):
                yield
    finally:
        current.reset(token)


@contextmanager
def of_all_ranks() -> Iterator[None]:
    """Context manager in which draws are for the images that `gather` returns: of the current part on all ranks."""
    part = current.get()
    if part is None or ranks.count() == 1:
        yield
        return
    accumulate, images = part.parts // ranks.count(), len(part.rows) * ranks.count()
    rows = torch.arange(part.accumulated * images, (part.accumulated + 1) * images)
    with within(Part(part.accumulated, accumulate, rows, part.accumulated, part.batch) if accumulate > 1 else None):
        yield


def of_size(part: Part, function: Callable[..., Tensor], *size: Any, **options: Any) -> Tensor:
    """torch.rand and torch.randn: a draw of this size."""
    shape = tuple(options.pop("size", None) or (size[0] if len(size) == 1 and not isinstance(size[0], int) else size))
    return rows(part, shape, lambda whole: function(whole, **options))


def of_integers(part: Part, function: Callable[..., Tensor], *bounds: Any, **options: Any) -> Tensor:
    """torch.randint: integers of this size."""
    shape = options.pop("size") if "size" in options else bounds[-1]
    bounds = bounds if "size" in options or not bounds or isinstance(bounds[-1], int) else bounds[:-1]
    return rows(part, tuple(shape), lambda whole: function(*bounds, size=whole, **options))


def like(part: Part, function: Callable[..., Tensor], values: Tensor, *arguments: Any, **options: Any) -> Tensor:
    """torch.rand_like and its relatives: a draw of the shape of a tensor."""
    return rows(part, tuple(values.shape), lambda whole: function(empty(values, whole), *arguments, **options))


def in_place(part: Part, function: Callable[..., Tensor], values: Tensor, *arguments: Any, **options: Any) -> Tensor:
    """Tensor.uniform_ and its relatives: overwrite a tensor with a draw."""
    with torch.no_grad():
        return values.copy_(rows(part, tuple(values.shape), lambda whole: function(empty(values, whole), *arguments, **options)))


def bernoulli(part: Part, function: Callable[..., Tensor], values: Tensor, *arguments: Any, **options: Any) -> Tensor:
    """torch.bernoulli: 1 with the probability of each element. A draw takes equally many random numbers for any probability."""
    total, here = part.rows_of(len(values))
    whole = empty(values, (total, *values.shape[1:])).zero_()
    whole[here] = values.detach()
    return function(whole, *arguments, **options)[here]


def dropout(
    part: Part, function: Callable[..., Tensor], values: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """torch.nn.functional.dropout: features multiplied by a mask that is drawn for the whole batch."""
    if not training or p == 0:
        return function(values, p, training, inplace)
    return values * rows(part, tuple(values.shape), lambda whole: function(empty(values, whole).fill_(1), p, True))


def batch_norm(
    part: Part,
    function: Callable[..., Tensor],
    values: Tensor,  # (N, C, ...)
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """torch.nn.functional.batch_norm, in training with mean and variance of all ranks' images.

    Raises:
        InputError: the batch is accumulated: later parts are unknown when the first one is normalised.
    """
    if not training or (ranks.count() == 1 and part.parts == 1):
        return function(values, running_mean, running_var, weight, bias, training, momentum, eps)
    if part.parts > ranks.count():
        raise InputError("compute.accumulate: batch norm mixes the images of a batch, so that its parts differ. Set `accumulate: 1`.")
    others, exact = [0, *range(2, values.dim())], at_least_fp32(values)
    wide = (1, -1, *[1] * (values.dim() - 2))
    mean = ranks.mean(exact.mean(others))
    variance = ranks.mean((exact - mean.view(wide)).square().mean(others))
    if running_mean is not None and running_var is not None:
        images = values.numel() // values.shape[1] * ranks.count()
        with torch.no_grad():
            running_mean.lerp_(mean.to(running_mean.dtype), momentum)
            running_var.lerp_((variance * images / max(images - 1, 1)).to(running_var.dtype), momentum)
    normalised = (exact - mean.view(wide)) * torch.rsqrt(variance.view(wide) + eps)
    if weight is not None:
        normalised = normalised * weight.view(wide)
    if bias is not None:
        normalised = normalised + bias.view(wide)
    return normalised.to(values.dtype)


def refuse(part: Part, function: Callable[..., Tensor], *arguments: Any, **options: Any) -> Tensor:
    """Random functions whose draws are not divided.

    Raises:
        InputError: always.
    """
    raise InputError(
        f"{getattr(function, '__name__', function)}: its draws cannot be divided among devices or accumulated parts; expected torch.rand, "
        "randn, randint, bernoulli or dropout, or relatives of these. Use one of them, or `devices: 1` and `accumulate: 1`."
    )


def rows(part: Part, shape: tuple[int, ...], draw: Callable[[tuple[int, ...]], Tensor]) -> Tensor:
    """Draw for the whole batch, and return the rows of the part, of this shape."""
    if not shape or shape[0] == 0:
        return draw(shape)
    total, here = part.rows_of(shape[0])
    drawn = draw((total, *shape[1:]))
    return drawn.index_select(0, here.to(drawn.device))


def empty(values: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Tensor of another shape in the memory format of `values`, since torch fills tensors with random numbers in the order of memory."""
    last = values.dim() == 4 and not values.is_contiguous() and values.is_contiguous(memory_format=torch.channels_last)
    return torch.empty(
        shape, dtype=values.dtype, device=values.device, memory_format=torch.channels_last if last else torch.contiguous_format
    )


FUNCTIONS: dict[Callable[..., Any], Callable[..., Any]] = {
    torch.rand: of_size,
    torch.randn: of_size,
    torch.randint: of_integers,
    torch.rand_like: like,
    torch.randn_like: like,
    torch.randint_like: like,
    torch.Tensor.uniform_: in_place,
    torch.Tensor.normal_: in_place,
    torch.Tensor.exponential_: in_place,
    torch.Tensor.random_: in_place,
    torch.bernoulli: bernoulli,
    torch.Tensor.bernoulli: bernoulli,
    functional.dropout: dropout,
    functional.batch_norm: batch_norm,
    **dict.fromkeys(
        (
            torch.normal,
            torch.multinomial,
            torch.Tensor.multinomial,
            torch.randperm,
            torch.poisson,
            torch.Tensor.bernoulli_,
            torch.Tensor.cauchy_,
            torch.Tensor.geometric_,
            torch.Tensor.log_normal_,
            functional.dropout1d,
            functional.dropout2d,
            functional.dropout3d,
            functional.alpha_dropout,
            functional.feature_alpha_dropout,
            functional.rrelu,
            functional.gumbel_softmax,
        ),
        refuse,
    ),
}

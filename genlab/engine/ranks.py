"""Values of all processes of a training on several devices: sums, means and gathered rows.

The processes are the ranks of torch.distributed's default group. With one process, every function returns its argument, so that callers
need not distinguish. `total`, `mean` and `gather` can be differentiated, also twice: their gradients are exchanged between ranks as well.
"""

import os
import pickle
from collections.abc import Sequence
from enum import IntEnum
from typing import Any

import torch
from torch import Tensor
from torch import distributed as dist


class Order(IntEnum):
    """What all ranks do next."""

    END = 0  # leave this training
    STATE = 1  # take over rank 0's state
    TURN = 2  # compute a turn


def count() -> int:
    """Number of ranks; 1 outside a training on several devices."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def number() -> int:
    """Number of this rank, from 0 to count() - 1. Rank 0 logs, scores, draws and saves."""
    return dist.get_rank() if count() > 1 else 0


def on_this_machine() -> int:
    """Number of this rank among those of its machine, from 0 on, which is the number of its device."""
    return int(os.environ.get("LOCAL_RANK", "0"))


class _Total(torch.autograd.Function):
    """Sum over ranks. The operator is symmetric: the gradient of the sum of all ranks' losses is the sum of the gradients."""

    @staticmethod
    def forward(context: Any, values: Tensor) -> Tensor:
        summed = values.clone(memory_format=torch.contiguous_format)
        dist.all_reduce(summed)
        return summed

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> Tensor:
        return total(gradient)


class _Gather(torch.autograd.Function):
    """Rows of all ranks. The adjoint sums the gradients of all ranks, and takes the rows of this rank."""

    @staticmethod
    def forward(context: Any, rows: Tensor) -> Tensor:
        rows = rows.contiguous()
        gathered = [torch.empty_like(rows) for _ in range(count())]
        dist.all_gather(gathered, rows)
        return torch.cat(gathered)

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> Tensor:
        return total(gradient).chunk(count())[number()]


def total(values: Tensor) -> Tensor:
    """Sum of a tensor over ranks."""
    if count() == 1:
        return values
    summed: Tensor = _Total.apply(values)  # type: ignore[no-untyped-call]
    return summed


def mean(values: Tensor) -> Tensor:
    """Mean of a tensor over ranks."""
    return values if count() == 1 else total(values) / count()


def gather(rows: Tensor) -> Tensor:
    """Rows (N, ...) of each rank -> (ranks * N, ...), those of rank 0 first."""
    if count() == 1:
        return rows
    gathered: Tensor = _Gather.apply(rows)  # type: ignore[no-untyped-call]
    return gathered


@torch.no_grad()
def add_up(tensors: Sequence[Tensor]) -> None:
    """Replace tensors by their sums over ranks, in place, with one message for each dtype."""
    if count() == 1:
        return
    for dtype in dict.fromkeys(tensor.dtype for tensor in tensors):
        alike = [tensor for tensor in tensors if tensor.dtype == dtype]
        joined = torch.cat([tensor.reshape(-1) for tensor in alike])
        dist.all_reduce(joined)
        for tensor, summed in zip(alike, joined.split([tensor.numel() for tensor in alike]), strict=True):
            tensor.copy_(summed.view_as(tensor))


@torch.no_grad()
def average(tensors: Sequence[Tensor]) -> None:
    """Replace floating-point tensors by their means over ranks, in place."""
    if count() > 1 and tensors:
        add_up(tensors)
        torch._foreach_div_(list(tensors), count())


def order(given: Order = Order.END) -> Order:
    """Return the order that rank 0 gives. Every rank must call it; the argument of the others is ignored."""
    if count() == 1:
        return given
    number = torch.tensor([int(given)])
    dist.broadcast(number, src=0)
    return Order(int(number))


def from_first(value: Any) -> Any:
    """Return rank 0's value, which is pickled, on every rank. Every rank must call it."""
    if count() == 1:
        return value
    values = [value]
    dist.broadcast_object_list(values, src=0)
    return values[0]


class Posted:
    """A message on its way to rank 0."""

    def __init__(self, value: Any):
        content = torch.frombuffer(bytearray(pickle.dumps(value, pickle.HIGHEST_PROTOCOL)), dtype=torch.uint8)
        self.parts = [torch.tensor([len(content)]), content]  # they must exist until they are received
        self.sent = [dist.isend(part, dst=0, tag=tag) for tag, part in enumerate(self.parts)]

    def wait(self) -> None:
        """Wait until rank 0 has received the message."""
        for each in self.sent:
            if each is not None:
                each.wait()


def receive(rank: int) -> Any:
    """Receive the next message that another rank has posted. Only rank 0 calls it."""
    size = torch.zeros(1, dtype=torch.int64)
    dist.recv(size, src=rank, tag=0)
    content = torch.empty(int(size), dtype=torch.uint8)
    dist.recv(content, src=rank, tag=1)
    return pickle.loads(content.numpy().data)

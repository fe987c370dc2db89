"""Parts of a batch, which ranks compute at the same time and gradient accumulation one after another.

The parts of a batch give the numbers of the whole batch:

- Random draws are a function of the seed and of an image's place in the whole batch. Within a part, torch's random functions draw for
  the whole batch and return the rows of the part. The first dimension of a draw counts images, as everywhere in this library.
- Batch norm uses the statistics of all ranks' images; see `mean`, `gather` and `leading` for other layers and losses that need them.
- Each part starts from the same buffers, which are averaged afterwards: `count` gives a buffer the number of images of the whole batch.

A part is current within its `with` block only: sampling, scoring and drawing are never divided.
"""

from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from typing import NamedTuple

import torch
from torch import Tensor, nn

from genlab.engine import ranks
from genlab.errors import InputError

Batch = Mapping[str, Tensor]


class Part(NamedTuple):
    """One of several equal parts of a batch."""

    number: int  # among the parts of all ranks
    parts: int  # number of parts of all ranks
    rows: Tensor  # places in the whole batch of the images of this part, (N,)
    accumulated: int  # index among the parts that this rank computes one after another
    batch: Batch  # the images of all parts of this rank
    joined: int = 1  # batches of the source that are joined into one
    statistics: list[Tensor] | None = None  # collects the arguments of `mean`; None: they are known
    known: Iterator[Tensor] | None = None  # values that `mean` returns; None: they are computed from this part and the other ranks

    @property
    def total(self) -> int:
        """Number of images of the whole batch."""
        return self.parts * len(self.rows)

    def rows_of(self, drawn: int) -> tuple[int, Tensor]:
        """Number of rows that the whole batch draws where this part needs `drawn`, and the places of this part's rows among them.

        Raises:
            InputError: the number is no multiple of the images of a part, and does not divide it.
        """
        images = len(self.rows)
        if drawn % images == 0:  # e.g. twice the number of images, where real images and fakes are augmented together
            blocks = torch.arange(drawn // images)[:, None] * self.total
            return drawn // images * self.total, (blocks + self.rows).flatten()
        if images % drawn:
            raise InputError(
                f"a draw of {drawn} random rows for {images} images of a divided batch: expected a multiple or a divisor of the number of "
                "images. Change `batch_size`, `compute.devices` or `compute.accumulate`."
            )
        return drawn * self.parts, self.number * drawn + torch.arange(drawn)


# Layers and losses ask for the current part. Passing it to them would add an argument to every network. Only
# genlab.engine.divided.within sets it.
current: ContextVar[Part | None] = ContextVar("part", default=None)


class InOrder(nn.Module):
    """Base class of modules that take the parts of a batch one after another, so that their buffers are neither reset nor averaged."""


def accumulated() -> int:
    """Index of the current part among those that this rank computes one after another; 0 without parts."""
    part = current.get()
    return 0 if part is None else part.accumulated


def count(images: int) -> int:
    """Number of images of the whole batch, given the number of images of the current part."""
    part = current.get()
    return images if part is None else images * part.parts


def mean(values: Tensor) -> Tensor:
    """Mean over the current part -> mean over the whole batch, of the same shape.

    The gradient is that of the part's mean. The mean over parts of the gradients of f(mean) is then the gradient of f at the mean of the
    whole batch, for any differentiable f.
    """
    part = current.get()
    if part is None:
        return values
    if part.known is not None:
        return values + (next(part.known) - values).detach()
    whole = ranks.mean(values.detach())
    if part.statistics is not None:
        part.statistics.append(whole)
    return values + (whole - values).detach()


@torch.compiler.disable  # type: ignore[untyped-decorator]
def gather(rows: Tensor) -> Tensor:
    """Rows (N, ...) of the current part -> those of all ranks in the order of the whole batch. Differentiable."""
    part = current.get()
    if part is None or ranks.count() == 1:
        return rows
    return ranks.gather(rows)[in_order(part.joined, len(rows)).to(rows.device)] if part.joined > 1 else ranks.gather(rows)


def in_order(joined: int, images: int) -> Tensor:
    """Places, among the gathered rows of all ranks, of the rows of the whole batch in order. Each of the joined batches is divided."""
    return torch.arange(ranks.count() * images).view(ranks.count(), joined, -1).transpose(0, 1).flatten()


@torch.compiler.disable  # type: ignore[untyped-decorator]
def own(gathered: Tensor) -> Tensor:
    """Rows that `gather` returned, of all ranks -> those of this rank."""
    part = current.get()
    if part is None or ranks.count() == 1:
        return gathered
    chosen: Tensor = gathered.unflatten(0, (part.joined, ranks.count(), -1))[:, ranks.number()].flatten(0, 1)
    return chosen


def leading(batch: Batch, name: str, images: int) -> Tensor:
    """First values of a batch, (images, ...): those that belong to a draw of this many rows.

    In a divided batch, these are a part of the first values of the whole batch.
    """
    part = current.get()
    if part is None:
        return batch[name][:images]
    whole = part.batch[name]
    if ranks.count() > 1:
        here = torch.cat([rows_of_rank(rank, len(whole), part) for rank in range(ranks.count())])
        whole = ranks.gather(whole)[here.argsort().to(whole.device)]
    return whole[part.number * images :][:images]


def rows_of_rank(rank: int, images: int, part: Part) -> Tensor:
    """Places in the whole batch of the images that a rank holds, (N,)."""
    return joined_rows(rank, ranks.count(), images // part.joined, part.parts // ranks.count(), part.joined)


def joined_rows(rank: int, count: int, images: int, accumulate: int, joined: int) -> Tensor:
    """Places, in the whole batch of a turn, of a rank's images: `images` of each of the joined batches."""
    batches = torch.arange(joined)[:, None] * images * count
    return (batches + rows_in_batch(rank, count, images, accumulate)).flatten()


def rows_in_batch(rank: int, count: int, images: int, accumulate: int) -> Tensor:
    """Places in a batch of the images of one rank, (images,).

    The parts that all ranks compute at the same time are neighbours, so that an image pool receives fakes in the order of the batch.
    """
    if images % accumulate:
        raise InputError(
            f"compute.accumulate: got {accumulate}, but each of {count} devices has {images} images of a batch; expected a divisor of that."
        )
    part = images // accumulate
    return ((torch.arange(accumulate)[:, None] * count + rank) * part + torch.arange(part)).flatten()

"""The batches of a training, in order, and the position in them."""

from collections.abc import Iterator, Mapping
from typing import Protocol

import torch
from torch import Tensor

Batch = Mapping[str, Tensor]  # {"image", "label"?} or {"a", "b"}; images (N, C, H, W) in [-1, 1]


class Source(Protocol):
    """Batches by number. Batch i is a function of (the source's seed, i) alone."""

    epoch: int  # images that there are: so many in a row, from a multiple of it on, hold each once, unless classes are balanced

    def batches(self, start: int) -> Iterator[Batch]: ...


class Stream:
    """A source's batches in order, and the place in it."""

    def __init__(self, source: Source, position: int = 0):
        self.position = position  # how many batches have been taken
        self.first_batch = 0  # number of the first batch of this turn
        self.batches_per_turn = 1  # batches of the source that are joined into the batch of a turn
        self.batch: Batch = {}  # the one of this turn
        self._source, self._batches = source, source.batches(position)

    @property
    def epoch(self) -> int:
        """Images of the source that come again and again."""
        return self._source.epoch

    def peek(self) -> Iterator[Batch]:
        """The batches to come, without taking them."""
        return self._source.batches(self.position)

    @property
    def seen(self) -> int:
        """Images, this turn's among them."""
        return (self.first_batch + self.batches_per_turn) * (len(next(iter(self.batch.values()))) // self.batches_per_turn)

    def is_due(self, every: int) -> bool:
        """Whether the number of any batch in this turn is a multiple of `every`."""
        return -self.first_batch % every < self.batches_per_turn

    def __next__(self) -> Batch:
        taken = [next(self._batches) for _ in range(self.batches_per_turn)]
        self.position += self.batches_per_turn
        return taken[0] if len(taken) == 1 else {name: torch.cat([batch[name] for batch in taken]) for name in taken[0]}

    def start_turn(self, first_batch: int, batches_per_turn: int = 1) -> None:
        """Take the batch of this turn."""
        self.first_batch, self.batches_per_turn = first_batch, batches_per_turn
        self.batch = next(self)

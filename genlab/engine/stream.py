"""The ordered stream of training batches, with the position in it."""

from collections.abc import Iterator, Mapping
from typing import Protocol

import torch
from torch import Tensor

from genlab.engine import ranks

Batch = Mapping[str, Tensor]  # {"image", "label"?} or {"a", "b"}; images (N, C, H, W) in [-1, 1]


class Source(Protocol):
    """Numbered batches. Batch i depends only on the seed of the source and on i."""

    epoch: int  # number of training images; images k epoch to (k + 1) epoch - 1 hold each of them once, unless classes are balanced

    def batches(self, start: int) -> Iterator[Batch]:
        """Yield batches start, start + 1, ..."""
        ...


class Stream:
    """Iterates over the batches of a source in order, and holds the batch of the current turn."""

    def __init__(self, source: Source, position: int = 0):
        self.position = position  # number of batches taken so far
        self.first_batch = 0  # number of the first batch of this turn
        self.batches_per_turn = 1  # batches of the source that are joined into the batch of a turn
        self.batch: Batch = {}  # batch of this turn
        self._source, self._batches = source, source.batches(position)

    @property
    def epoch(self) -> int:
        """Number of training images in the source."""
        return self._source.epoch

    def peek(self) -> Iterator[Batch]:
        """Iterate over the next batches without taking them from the stream."""
        return self._source.batches(self.position)

    @property
    def seen(self) -> int:
        """Number of images seen, including those of this turn."""
        return (self.first_batch + self.batches_per_turn) * (self.images // self.batches_per_turn)

    @property
    def images(self) -> int:
        """Number of images in the batch of this turn, on all ranks."""
        return len(next(iter(self.batch.values()))) * ranks.count()

    def is_due(self, every: int) -> bool:
        """Whether the number of any batch in this turn is a multiple of `every`."""
        return -self.first_batch % every < self.batches_per_turn

    def __next__(self) -> Batch:
        taken = [next(self._batches) for _ in range(self.batches_per_turn)]
        self.position += self.batches_per_turn
        return taken[0] if len(taken) == 1 else {name: torch.cat([batch[name] for batch in taken]) for name in taken[0]}

    def start_turn(self, first_batch: int, batches_per_turn: int = 1) -> None:
        """Begin a turn: take its batch, joined from `batches_per_turn` batches of the source."""
        self.first_batch, self.batches_per_turn = first_batch, batches_per_turn
        self.batch = next(self)

"""Batches that several ranks compute, and that rank 0 receives in their order."""

from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar, cast, overload

from genlab.engine import ranks

Value = TypeVar("Value")
Other = TypeVar("Other")


class Batches(Sequence[Value], Generic[Value]):
    """Values of consecutive rows, computed when they are read: batch i covers the rows from i * size on."""

    def __init__(
        self,
        rows: int,  # number of rows in all batches
        size: int,  # rows in each batch except the last, which may be smaller
        compute: Callable[[int, int], Value],  # first row and the row after the last -> value
    ):
        self.rows, self.size, self.compute = rows, size, compute

    def mapped(self, function: Callable[[Value], Other]) -> "Batches[Other]":
        """Apply a function to each value, when it is read."""
        return Batches(self.rows, self.size, lambda start, stop: function(self.compute(start, stop)))

    def __len__(self) -> int:
        return -(-self.rows // self.size)

    def __iter__(self) -> Iterator[Value]:  # that of Sequence would end at an IndexError of a computation
        return (self[number] for number in range(len(self)))

    @overload
    def __getitem__(self, number: int) -> Value: ...
    @overload
    def __getitem__(self, number: slice) -> list[Value]: ...
    def __getitem__(self, number: int | slice) -> Value | list[Value]:
        if isinstance(number, slice):
            return [self[each] for each in range(*number.indices(len(self)))]
        if not 0 <= number < len(self):
            raise IndexError(number)
        return self.compute(number * self.size, min(self.rows, (number + 1) * self.size))


class InOrder:
    """Computes batches on several ranks: each computes those whose number modulo the number of ranks is its own.

    All ranks compute the same batches in the same order. Rank 0 receives one batch at a time, and the other ranks wait when they are a
    batch ahead of it, so that memory does not grow with the number of batches.
    """

    def __init__(self, count: int = 1, number: int = 0):  # of ranks; of this rank
        self.count, self.number = count, number

    def __call__(self, batches: Batches[Value]) -> Iterator[Value]:
        """Yield the values of all batches, in order. Only rank 0 calls it, and must take all of them."""
        for number in range(len(batches)):
            owner = number % self.count
            yield batches[number] if owner == 0 else ranks.receive(owner)

    def agreed(self, value: Value) -> Value:
        """Return rank 0's value. All ranks call it."""
        return value if self.count == 1 else cast(Value, ranks.from_first(value))

    def take_part(self, batches: Batches[Value]) -> None:
        """Compute the batches of this rank and send their values to rank 0. All other ranks call it."""
        before: ranks.Posted | None = None
        for number in range(self.number, len(batches), self.count):
            posted = ranks.Posted(batches[number])
            if before is not None:
                before.wait()
            before = posted
        if before is not None:
            before.wait()


ALONE = InOrder()  # one process computes everything

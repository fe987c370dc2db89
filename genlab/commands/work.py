"""Work on many items: several at the same time, with progress, and with the items that could not be done named at the end."""

import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple, TypeVar

from tqdm import tqdm

from genlab.errors import InputError
from genlab.serving.errors import DecodeError, RequestError

Item = TypeVar("Item")
Result = TypeVar("Result")
EXPECTED = (InputError, RequestError, DecodeError, OSError, MemoryError)  # errors of one item; others are bugs
MOST_NAMED = 20  # failures that are named one by one


class Failure(NamedTuple):
    """An item that could not be done."""

    name: str
    reason: str


def in_order(
    function: Callable[[Item], Result],  # called in several threads
    items: Sequence[Item],
    at_once: int,  # items in work at the same time
    what: str,  # title of the progress bar
) -> Iterator[tuple[Item, Result]]:
    """Yield (item, result) in the order of the items, with progress and time left on a terminal's stderr.

    Each item is computed on its own, so that results do not depend on `at_once`. At most 2 x `at_once` results wait in memory.
    """
    bar: tqdm[Any] = tqdm(total=len(items), desc=what, unit="", disable=None, file=sys.stderr, dynamic_ncols=True)
    with bar, ThreadPoolExecutor(at_once) as pool:
        waiting: deque[tuple[Item, Future[Result]]] = deque()
        left = iter(items)
        try:
            for item in left:
                waiting.append((item, pool.submit(function, item)))
                if len(waiting) >= 2 * at_once:
                    yield done(waiting.popleft(), bar)
            while waiting:
                yield done(waiting.popleft(), bar)
        finally:
            for _, future in waiting:
                future.cancel()


def done(pair: tuple[Item, Future[Result]], bar: "tqdm[Any]") -> tuple[Item, Result]:
    """Wait for a result, and move the progress bar."""
    result = pair[1].result()
    bar.update()
    return pair[0], result


def attempted(function: Callable[[Item], Result], name_of: Callable[[Item], str]) -> Callable[[Item], Result | Failure]:
    """Wrap a function: an expected error of an item becomes a Failure, so that the other items are done."""

    def call(item: Item) -> Result | Failure:
        try:
            return function(item)
        except EXPECTED as error:
            return Failure(name_of(item), str(error) or type(error).__name__)

    return call


def counted(count: int, what: str) -> str:
    """A number with its noun: `1 image`, `1,000 images`."""
    return f"{count:,} {what}" + ("" if count == 1 else "s")


def report(failures: Sequence[Failure], total: int, what: str) -> int:
    """Name the failures on stderr; return the exit code, 1 if there are any. `what` is a noun in the singular."""
    if not failures:
        return 0
    print(f"{len(failures):,} of {counted(total, what)} could not be done; the others are complete:", file=sys.stderr)
    for failure in failures[:MOST_NAMED]:
        print(f"  {failure.name}: {failure.reason}", file=sys.stderr)
    if len(failures) > MOST_NAMED:
        print(f"  and {len(failures) - MOST_NAMED:,} more", file=sys.stderr)
    return 1

"""Work on many images in parts: threads exchange parts instead of single images, and few results wait at a time."""

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NoReturn, TypeVar

from tqdm import tqdm

PART = 64  # images; handing over single images takes as long as decoding small ones

Task = TypeVar("Task")
Result = TypeVar("Result")


def in_parts(
    work: Callable[[Sequence[Task]], Result],  # one part, of one or more tasks
    tasks: Sequence[Task],
    workers: int,  # threads; 0: one per core
    description: str,  # of the progress bar, which counts tasks
) -> Iterator[Result]:
    """Yield the results of the parts in the order of the tasks. At most two parts per thread are waiting or not yet taken."""
    workers = workers or os.cpu_count() or 1
    size = max(1, min(PART, len(tasks) // (4 * workers)))
    waiting: deque[tuple[int, Future[Result]]] = deque()
    with ThreadPoolExecutor(workers) as threads, tqdm(total=len(tasks), desc=description, unit="image", disable=None) as bar:
        try:
            for start in range(0, len(tasks), size):
                part = tasks[start : start + size]
                waiting.append((len(part), threads.submit(work, part)))
                if len(waiting) > 2 * workers:
                    yield taken(waiting, bar)
            while waiting:
                yield taken(waiting, bar)
        finally:
            for _, future in waiting:
                future.cancel()


def taken(waiting: deque[tuple[int, Future[Result]]], bar: "tqdm[NoReturn]") -> Result:
    """Take the result of the first part."""
    count, future = waiting.popleft()
    result = future.result()
    bar.update(count)
    return result

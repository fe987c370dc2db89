"""Work on many images in parts: threads exchange parts instead of single images, and few results wait at a time."""

import os
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NoReturn, TypeVar

from tqdm import tqdm

from genlab.errors import InputError

PART = 64  # images; handing over single images takes as long as decoding small ones
MANY = 10_000  # images from which processes are faster than threads: they take a second or two to start

Task = TypeVar("Task")
Result = TypeVar("Result")


def in_parts(
    work: Callable[[Sequence[Task]], Result],  # one part, of one or more tasks
    tasks: Sequence[Task],
    workers: int,  # threads; 0: one per core
    description: str,  # of the progress bar, which counts tasks
    in_processes: bool = False,  # whether `work`, the tasks and the results can be sent to processes, which many tasks are worth
) -> Iterator[Result]:
    """Yield the results of the parts in the order of the tasks. At most two parts per thread are waiting or not yet taken."""
    workers = workers or os.cpu_count() or 1
    if in_processes and workers > 1 and len(tasks) >= MANY:
        yield from on_processes(work, tasks, workers, description)
        return
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


def on_processes(work: Callable[[Sequence[Task]], Result], tasks: Sequence[Task], workers: int, description: str) -> Iterator[Result]:
    """Yield the results of the parts in the order of the tasks, computed in new processes: Python code runs on one core per process.

    They are joblib's, which also start from a notebook and from a script without `if __name__ == "__main__"`.

    Raises:
        InputError: a process was killed.
    """
    from joblib import Parallel, delayed
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    parts = [tasks[start : start + PART] for start in range(0, len(tasks), PART)]
    results = Parallel(n_jobs=workers, return_as="generator", batch_size=1, max_nbytes=None)(delayed(work)(part) for part in parts)
    with tqdm(total=len(tasks), desc=description, unit="image", disable=None) as bar:
        try:
            for part, result in zip(parts, results, strict=True):
                bar.update(len(part))
                yield result
        except TerminatedWorkerError as error:
            raise InputError(
                f"A process that reads images was killed, probably because memory ran out next to {workers} of them. Set `workers` of the "
                "set to fewer and run the same command again."
            ) from error
        finally:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # joblib warns of results that an interruption leaves
                results.close()


def taken(waiting: deque[tuple[int, Future[Result]]], bar: "tqdm[NoReturn]") -> Result:
    """Take the result of the first part."""
    count, future = waiting.popleft()
    result = future.result()
    bar.update(count)
    return result

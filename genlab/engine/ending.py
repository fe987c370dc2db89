"""The end of a command's process."""

import atexit
import gc


def end_at_once() -> None:
    """Leave out the search for unreachable objects at the end of this process.

    Python searches all objects several times when it ends. With torch, MLflow and Great Expectations these are 700,000, and the search
    takes 2 to 5 seconds, only to free memory that the operating system frees at once. Threads are joined, functions of `atexit` are called
    and files are closed as always. For commands only: a process that goes on keeps its garbage collector.
    """
    atexit.unregister(gc.freeze)  # once, however many commands a process runs
    atexit.register(gc.freeze)  # frozen objects are not searched

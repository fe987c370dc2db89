"""Handling of Ctrl-C and SIGTERM: a stop request during training, elsewhere an exception that ends the run as KILLED.

SIGUSR1 asks a training to save a checkpoint and go on. Windows has no such signal.
"""

import logging
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

KEEP: int | None = getattr(signal, "SIGUSR1", None)  # None on Windows

logger = logging.getLogger(__name__)


class Interrupted(Exception):  # noqa: N818  (a requested stop is not an error)
    """The run was stopped by a signal from the user or the system."""

    def __init__(self, number: int, images: int = 0, budget: int = 0):
        self.number = number
        how_far = f" after {images:,} of {budget:,} images; the state is saved, the same command goes on from there" if budget else ""
        super().__init__(f"Stopped by {signal.Signals(number).name}{how_far}.")

    @property
    def exit_code(self) -> int:
        """Exit status by the shell's convention: 128 + the signal number."""
        return 128 + self.number


class StopRequest:
    """Records a request to stop."""

    signal: int | None = None  # number of the received signal; None: no request
    keep: bool = False  # whether SIGUSR1 asked for a checkpoint


@contextmanager
def stop_request() -> Iterator[StopRequest]:
    """Context manager that records SIGINT, SIGTERM and SIGUSR1 in a StopRequest instead of ending the process.

    Raises:
        Interrupted: immediately, on a second signal.
    """
    request = StopRequest()

    def note(number: int, frame: FrameType | None) -> None:
        if number == KEEP:
            request.keep = True
            return
        if request.signal:
            raise Interrupted(number)
        request.signal = number

    with handled(note):
        yield request


@contextmanager
def interruptible() -> Iterator[None]:
    """Context manager that turns SIGINT and SIGTERM into an Interrupted exception, so that the record of the run can be closed."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        if number == KEEP:
            logger.info("SIGUSR1: there is no training that could save a checkpoint now.")
            return
        raise Interrupted(number)

    with handled(interrupt):
        yield


@contextmanager
def handled(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Context manager that installs a handler for SIGINT, SIGTERM and SIGUSR1 and restores the previous ones at the end.

    Only the main thread can install signal handlers; in other threads nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number in (signal.SIGINT, signal.SIGTERM, *([] if KEEP is None else [KEEP]))}
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)

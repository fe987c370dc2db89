"""Ctrl-C and SIGTERM: while training they are a request, everywhere else an exception that ends the run as KILLED."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupted(Exception):  # noqa: N818  (not an error of anybody's)
    """A person or the system asked the run to stop."""

    def __init__(self, number: int, images: int = 0, budget: int = 0):
        self.number = number
        how_far = f" after {images:,} of {budget:,} images; the state is saved, the same command goes on from there" if budget else ""
        super().__init__(f"Stopped by {signal.Signals(number).name}{how_far}.")

    @property
    def exit_code(self) -> int:
        """The shell's convention."""
        return 128 + self.number


class StopRequest:
    """Which signal came, if any."""

    signal: int | None = None


@contextmanager
def stop_request() -> Iterator[StopRequest]:
    """Note SIGINT and SIGTERM instead of dying of them; a second one is not waited for."""
    request = StopRequest()

    def note(number: int, frame: FrameType | None) -> None:
        if request.signal:
            raise Interrupted(number)
        request.signal = number

    with handled(note):
        yield request


@contextmanager
def interruptible() -> Iterator[None]:
    """Turn SIGINT and SIGTERM into Interrupted, so that the run's record can be closed."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise Interrupted(number)

    with handled(interrupt):
        yield


@contextmanager
def handled(handler) -> Iterator[None]:
    """Both signals go to this handler for a while. Only the main thread may set one; elsewhere nothing changes."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)

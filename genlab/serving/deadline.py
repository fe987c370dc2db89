"""The time that a request may take."""

import math
import time

from .errors import LateError


class Deadline:
    """A point in time after which a computation ends with an error."""

    def __init__(self, seconds: float = math.inf):  # from now
        self.seconds = seconds
        self.end = time.monotonic() + seconds

    def check(self) -> None:
        """Raise an error if the time is over. Called between images and between tiles, which are not interrupted.

        Raises:
            LateError: the time is over.
        """
        if time.monotonic() > self.end:
            raise LateError(f"not finished after {self.seconds:g} s: ask for fewer images or pixels at once, or allow more time.")

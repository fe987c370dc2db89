"""Progress of downloads and conversions, with the time left."""

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

LOG_SECONDS = 10.0  # between two log lines, if stderr is not a terminal

logger = logging.getLogger(__name__)


class Progress:
    """Counts bytes or files, up to a total that may be unknown. Shows a bar on a terminal and writes log lines elsewhere."""

    def __init__(
        self,
        what: str,  # is done, e.g. "fetching openmoji-17.0.0.tgz"
        total: int,  # 0: unknown
        unit: str,  # "B" for bytes, or "files"
        bar: Any,  # tqdm
    ):
        self.what, self.total, self.unit, self.bar = what, total, unit, bar
        self.done, self.started = 0, time.monotonic()
        self.logged = self.started

    def to(
        self,
        done: int,
        total: int = 0,  # if it has become known
    ) -> None:
        """Set what is done so far. It is never shown as more than the total."""
        self.total = self.bar.total = total or self.total
        done = min(done, self.total) if self.total else done
        self.bar.update(max(0, done - self.done))
        self.done = max(done, self.done)
        now = time.monotonic()
        if self.bar.disable and now - self.logged >= LOG_SECONDS:
            self.logged = now
            logger.info("%s", self.line(now - self.started))

    def line(self, seconds: float) -> str:
        """Progress in words, after this time: `drawing openmoji: 1,200 of 8,990 files, 0:31 left`."""
        count = f"{self.done / 1e6:,.1f}" if self.unit == "B" else f"{self.done:,}"
        unit = "MB" if self.unit == "B" else self.unit
        if not self.total:
            return f"{self.what}: {count} {unit}"
        total = f"{self.total / 1e6:,.1f}" if self.unit == "B" else f"{self.total:,}"
        left = seconds * (self.total - self.done) / self.done if self.done else None
        return f"{self.what}: {count} of {total} {unit}" + ("" if left is None else f", {round(left) // 60}:{round(left) % 60:02d} left")


@contextmanager
def progress(what: str, total: int, unit: str) -> Iterator[Progress]:
    """Context manager that shows the progress of its block."""
    from tqdm import tqdm

    binary = unit == "B"
    with tqdm(
        total=total or None, unit=unit, unit_scale=binary, desc=what, disable=not sys.stderr.isatty(), dynamic_ncols=True, file=sys.stderr
    ) as bar:
        yield Progress(what, total, unit, bar)

"""The report of a run: parts with rows, failures and what was left out. Files are written after every change."""

import signal
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from benchmarks.device.page import page
from genlab.engine.files import write
from genlab.engine.json_text import json_text
from genlab.training.interruption import Interrupted

LEAST = 20.0  # seconds that a piece of work may take, even if its part has less time left
BRIEF = 300  # characters of an error message in a row

Row = dict[str, Any]


class Report:
    """Results by part, written to <out>.json and <out>.md after every change."""

    def __init__(
        self,
        out: Path,
        facts: Row,  # of the machine and the run
        seconds: float,  # of the whole run
        former: Mapping[str, Any] | None = None,  # parts of an earlier run, which stay unless they are measured again
    ):
        self.out, self.began, self.seconds = out, time.monotonic(), seconds
        self.content: dict[str, Any] = {"facts": facts, "parts": dict(former or {})}
        self.share = 0.0  # of the time, that the parts so far may have taken

    @contextmanager
    def part(self, name: str, title: str, text: str, share: float) -> "Iterator[Part]":
        """Context manager for a part, which gets its share of the time, and what earlier parts have not used of theirs.

        An exception ends the part, not the run.
        """
        self.share += share
        part = Part(self, name, {"title": title, "text": text, "rows": [], "failed": [], "skipped": []}, self.seconds * self.share)
        self.content["parts"][name] = part.content
        began = time.monotonic()
        with part.attempt("the whole part", limited=False):
            yield part
        part.content["seconds"] = round(time.monotonic() - began, 1)
        self.content["facts"]["seconds"] = round(time.monotonic() - self.began, 1)
        self.write()

    @property
    def failures(self) -> int:
        """Number of failures in all parts."""
        return sum(len(part["failed"]) for part in self.content["parts"].values())

    def write(self) -> None:
        """Write both files."""
        write(self.out.with_suffix(".json"), (json_text(self.content, indent=1) + "\n").encode())
        write(self.out.with_suffix(".md"), page(self.content).encode())


class Part:
    """One part of a report, which should end before `until`, in seconds from the beginning of the run."""

    def __init__(self, report: Report, name: str, content: dict[str, Any], until: float):
        self.report, self.name, self.content, self.until = report, name, content, until

    @property
    def left(self) -> float:
        """Seconds that are left; negative if the time is over."""
        return self.until - (time.monotonic() - self.report.began)

    def row(self, **values: Any) -> None:
        """Add a row of results."""
        self.content["rows"].append(values)
        self.report.write()

    def skip(self, what: str, reason: str) -> None:
        """Note what was left out, and why."""
        self.content["skipped"].append({"what": what, "reason": reason})
        self.report.write()

    def has_time(self, what: str) -> bool:
        """Whether there is time for a piece of work; if not, it is noted as left out."""
        if self.left > 0:
            return True
        self.skip(what, "the time of this part was over")
        return False

    @contextmanager
    def attempt(self, what: str, limited: bool = True) -> Iterator[None]:
        """Context manager for a piece of work: an exception is noted, and a piece that takes longer than its part may is left out.

        Raises:
            Interrupted: Ctrl-C or SIGTERM was received during a training.
        """
        try:
            with alarm(max(self.left, LEAST) if limited else 0):
                yield
        except Interrupted:
            raise
        except TimeoutError as error:
            self.skip(what, str(error))
        except Exception as error:
            where = traceback.extract_tb(error.__traceback__)[-1]
            message = f"{type(error).__name__}: {error}".replace("\n", " ")[:BRIEF]
            self.content["failed"].append({"what": what, "message": message, "where": f"{Path(where.filename).name}:{where.lineno}"})
            self.report.write()


@contextmanager
def alarm(seconds: float) -> Iterator[None]:
    """Context manager that raises a TimeoutError after some seconds; 0: never. Systems without alarms have no limit."""
    if not seconds or not hasattr(signal, "SIGALRM"):
        yield
        return

    def ring(number: int, frame: FrameType | None) -> None:
        raise TimeoutError(f"not done after {seconds:.0f} seconds")

    before, began = signal.signal(signal.SIGALRM, ring), time.monotonic()
    left, _ = signal.setitimer(signal.ITIMER_REAL, seconds)  # left: of an alarm around this one
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, max(left - (time.monotonic() - began), 0.01) if left else 0)
        signal.signal(signal.SIGALRM, before)

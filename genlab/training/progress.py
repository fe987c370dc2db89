"""Progress of a training: images, images per second, time left, losses."""

import logging
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from genlab.engine.loop import Turn

LOG_SECONDS = 30  # between two log lines, if stderr is not a terminal
RECENT_SECONDS = 60  # interval whose speed determines the estimated time left


class Progress:
    """Shows a progress bar on a terminal and writes a log line every 30 seconds elsewhere; measures speed and times."""

    def __init__(self, images: int, budget: int):  # number of images seen before, and in total at the end
        self.start, self.images, self.budget = images, images, budget
        self.started = time.monotonic()
        self.turn_seconds = self.scoring_seconds = 0.0
        self.recent = deque([(self.started, images)])  # (time, images) of the last minute

    def watch(self, turns: Iterator[Turn]) -> Iterator[Turn]:
        """Yield the turns of an iterator while counting, timing and displaying them."""
        from tqdm import tqdm

        on_terminal = sys.stderr.isatty()
        logged = time.monotonic()
        with tqdm(total=self.budget, initial=self.start, unit="img", desc="training", disable=not on_terminal, dynamic_ncols=True) as bar:
            while True:
                asked = time.monotonic()
                turn = next(turns, None)
                now = time.monotonic()
                self.turn_seconds += now - asked
                if turn is None:
                    return
                bar.set_postfix_str(losses(turn), refresh=False)
                bar.update(turn.images - self.images)
                self.count(turn.images, now)
                if not on_terminal and now - logged > LOG_SECONDS:
                    logged = now
                    logging.getLogger(__name__).info(self.line(turn))
                yield turn

    @contextmanager
    def scoring(self) -> Iterator[None]:
        """Context manager that adds the time of a score."""
        began = time.monotonic()
        yield
        self.scoring_seconds += time.monotonic() - began

    def count(self, images: int, now: float) -> None:
        """Record the number of images seen at this time."""
        self.images = images
        self.recent.append((now, images))
        while len(self.recent) > 2 and now - self.recent[1][0] >= RECENT_SECONDS:  # the oldest is at least a minute ago
            self.recent.popleft()

    @property
    def images_per_second(self) -> float:
        """Mean speed of the whole run, including the time for pictures and checkpoints."""
        return (self.images - self.start) / max(time.monotonic() - self.started, 1e-9)

    @property
    def recent_images_per_second(self) -> float:
        """Mean speed of the last minute, including pictures and checkpoints. Speed changes with growth and the load of the machine."""
        (before, seen), (now, images) = self.recent[0], self.recent[-1]
        return (images - seen) / max(now - before, 1e-9)

    def line(self, turn: Turn) -> str:
        """Return a log line: `1,280 of 48,000 images, 95.2 images/s, 8:11 left, generator 1.234, critic 0.456`."""
        speed = self.recent_images_per_second
        minutes, seconds = divmod(round((self.budget - self.images) / max(speed, 1e-9)), 60)
        left = f"{speed:.1f} images/s, {minutes}:{seconds:02d} left"
        return f"{self.images:,} of {self.budget:,} images, {left}, {losses(turn)}"

    def log_scoring(self) -> None:
        """Log the share of the time that scores took, if there were any."""
        if self.scoring_seconds:
            seconds = time.monotonic() - self.started
            text = "Scores took %.1f of %.1f seconds, %.1f %% of the training."
            logging.getLogger(__name__).info(text, self.scoring_seconds, seconds, 100 * self.scoring_seconds / seconds)

    def summary(self) -> dict[str, float]:
        """Return the duration of the run, the time spent in turns and in scores, and the mean speed."""
        return {
            "training_seconds": time.monotonic() - self.started,
            "turn_seconds": self.turn_seconds,
            "scoring_seconds": self.scoring_seconds,
            "images_per_second": self.images_per_second,
        }


def losses(turn: Turn) -> str:
    """Format the loss of each update that has one: `generator 1.234, critic 0.456`."""
    return ", ".join(f"{name.removesuffix('/loss')} {value:.3f}" for name, value in turn.terms.items() if name.endswith("/loss"))

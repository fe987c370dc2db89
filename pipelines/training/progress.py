"""How far the training is: images, images per second, time left, the terms."""

import logging
import sys
import time
from collections.abc import Iterator

from genlab.engine import Turn

LOG_SECONDS = 30  # between two lines where there is no terminal to draw a bar on


class Progress:
    """A bar on a terminal, a line in the log now and then elsewhere; and where the time went."""

    def __init__(self, images: int, budget: int):  # seen so far, to be seen in all
        self.start, self.images, self.budget = images, images, budget
        self.begun = time.monotonic()
        self.turn_seconds = 0.0

    def watch(self, turns: Iterator[Turn]) -> Iterator[Turn]:
        """The same turns, counted, timed and shown."""
        from tqdm import tqdm

        on_terminal = sys.stderr.isatty()
        told = time.monotonic()
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
                self.images = turn.images
                if not on_terminal and now - told > LOG_SECONDS:
                    told = now
                    logging.getLogger(__name__).info(self.line(turn))
                yield turn

    @property
    def images_per_second(self) -> float:
        """So far, pictures and checkpoints included."""
        return (self.images - self.start) / max(time.monotonic() - self.begun, 1e-9)

    def line(self, turn: Turn) -> str:
        minutes, seconds = divmod(round((self.budget - self.images) / self.images_per_second), 60)
        left = f"{self.images_per_second:.1f} images/s, {minutes}:{seconds:02d} left"
        return f"{self.images:,} of {self.budget:,} images, {left}, {losses(turn)}"

    def summary(self) -> dict[str, float]:
        return {
            "training_seconds": time.monotonic() - self.begun,
            "turn_seconds": self.turn_seconds,
            "images_per_second": self.images_per_second,
        }


def losses(turn: Turn) -> str:
    """`generator 1.234, critic 0.456`: every player's loss."""
    return ", ".join(f"{name.removesuffix('/loss')} {value:.3f}" for name, value in turn.terms.items() if name.endswith("/loss"))

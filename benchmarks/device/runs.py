"""Trainings by `genlab.training.fit`, as the checks need them: the terms of every turn, a stop in the middle, the speed."""

import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

import torch

from benchmarks.device.cases import Case
from genlab.engine.compute import Compute
from genlab.engine.recipe import Recipe
from genlab.images.prepared_set import PreparedSet
from genlab.training.events import Callback, Event, Logged
from genlab.training.fit import Trained, fit
from genlab.training.interruption import Interrupted
from genlab.training.settings import Budget, Monitoring
from genlab.training.state import States

NEVER = 10**12  # images
EVERY_TURN = Monitoring(log_every=1, pictures_every=NEVER, checkpoint_every=NEVER, score_every=0)
CYCLE = 16  # turns after which all lazy regularisation of conf/ has been repeated


class Enough(Exception):  # noqa: N818  (the measurement is complete)
    """Ends a training whose result is not needed."""


class Speed(NamedTuple):
    """Speed of a training."""

    images_per_second: float
    turns: int  # that were timed


def run(
    case: Case,
    images: PreparedSet,
    compute: Compute,
    count: int | None = None,  # images to see; None: the budget of the recipe
    states: States | None = None,
    callbacks: Sequence[Callback] = (),
    batch_size: int | None = None,  # None: that of the recipe
    recipe: Recipe | None = None,  # to be trained in place of one that is built from the description
) -> Trained:
    """Train a recipe with seed 0; its history has one row per turn."""
    budget = Budget(count or int(case.budget["images"]), batch_size or case.batch_size, case.budget.get("sampling", "natural"))
    model = case.model if recipe is None else recipe
    return fit(model, images, budget, 0, case.augmentation, compute, EVERY_TURN, states, callbacks)


def run_with_stop(case: Case, images: PreparedSet, compute: Compute, states: States) -> Trained:
    """Train a recipe, stop it by SIGTERM in the middle of its budget, and continue it."""
    half = int(case.budget["images"]) // 2
    stopped = [False]

    def stop(event: Event) -> None:
        if isinstance(event, Logged) and event.images >= half and not stopped[0]:
            stopped[0] = True
            signal.raise_signal(signal.SIGTERM)

    try:
        run(case, images, compute, states=states, callbacks=[stop])
    except Interrupted:
        return run(case, images, compute, states=states)
    raise RuntimeError(f"{case.name}: the training ended before it could be stopped after {half} images")


class Clock:
    """Callback that times turns, and ends the training when it has seen enough of them."""

    def __init__(
        self,
        device: torch.device,
        warm_up: int,  # turns that are not timed
        seconds: float,
        fewest: int = 3,  # timed turns, however long they take
    ):
        self.device, self.warm_up, self.seconds, self.fewest = device, warm_up, seconds, fewest
        self.times: list[float] = []  # at the end of each turn
        self.images: list[int] = []

    def __call__(self, event: Event) -> None:
        if not isinstance(event, Logged):
            return
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        self.times.append(time.perf_counter())
        self.images.append(event.images)
        timed = len(self.times) - 1 - self.warm_up
        if timed >= self.fewest and self.times[-1] - self.times[self.warm_up] >= self.seconds:
            raise Enough

    @property
    def speed(self) -> Speed:
        """The speed after the warm-up, over whole cycles of lazy regularisation if there was time for one."""
        turns = len(self.times) - 1 - self.warm_up
        first = len(self.times) - 1 - (turns // CYCLE * CYCLE if turns >= CYCLE else turns)
        seconds, images = self.times[-1] - self.times[first], self.images[-1] - self.images[first]
        return Speed(images / seconds, len(self.times) - 1 - first)


def speed(
    case: Case,
    images: PreparedSet,
    compute: Compute,
    seconds: float,
    batch_size: int | None = None,
    recipe: Recipe | None = None,
) -> Speed:
    """Measure the speed of a training, with everything that a turn does, and without saved states, scores and pictures."""
    clock = Clock(compute.device, 5 if compute.device.type == "cuda" else 2, seconds)
    with suppress(Enough):
        run(case, images, compute, NEVER, callbacks=[clock], batch_size=batch_size, recipe=recipe)
    return clock.speed

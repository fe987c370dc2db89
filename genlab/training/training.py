"""A running training: turns, history, scores, reports, saved states and warm restarts."""

import logging
from collections.abc import Iterator, Sequence
from typing import Any

from genlab.engine import ranks
from genlab.engine.compute import Compute
from genlab.engine.files import DiskFullError
from genlab.engine.loop import NonFiniteLossError, Turn, complete, finite, train, weight_sums
from genlab.engine.ranks import Order
from genlab.engine.recipe import Recipe
from genlab.engine.stream import Stream
from genlab.images.feeding.source import ImageSource
from genlab.training import divided
from genlab.training.events import Callback, Event, Finished, Found, Logged, PicturesDue, Restarted, Resumed, Saving, ScoreTaken
from genlab.training.extension import announcement, overwritten, with_overwritten
from genlab.training.health import Adversarial, Watch, findings
from genlab.training.history import History
from genlab.training.initial import Started
from genlab.training.interruption import Interrupted, StopRequest
from genlab.training.kept import Kept
from genlab.training.life import Extension, Life, Restart, brief
from genlab.training.progress import Progress
from genlab.training.restarts import Restarts
from genlab.training.selection import Selection, copied
from genlab.training.settings import Budget, Monitoring
from genlab.training.state import Experiment, SavedState

NOTHING_SCORED: dict[str, Any] = {"scores": [], "weights": {}}  # in states of trainings that were not scored

logger = logging.getLogger(__name__)


class Training:
    """A running training: the recipe, the number of images seen, the history, the scores, and the saved state."""

    def __init__(
        self,
        recipe: Recipe,
        source: ImageSource,
        budget: Budget,
        monitoring: Monitoring,
        seed: int,
        settings: Compute,
        experiment: Experiment,
        state: SavedState | None,
        callbacks: Sequence[Callback],
        selection: Selection,
    ):
        self.recipe, self.source, self.budget, self.monitoring, self.seed = recipe, source, budget, monitoring, seed
        self.settings, self.experiment, self.state, self.callbacks = settings, experiment, state, callbacks
        self.selection = selection
        self.history = History(monitoring.log_every)
        self.images, self.stream, self.finished = 0, Stream(source), False
        self.kept: Kept | None = None
        self.life, self.restarts = Life(), Restarts(monitoring.restarts, monitoring.restart_factor)
        self.overwritten: dict[str, Any] = {}  # values that the recipe's completion has replaced

    def begin(self, started: Started, is_new: bool) -> None:
        """Log and report which weights of an earlier training this one starts from, or started from when it was new."""
        if is_new:
            logger.info("Fine-tuning %s (%s...). %s.", started.name, started.sha256[:16], ". ".join(started.lines))
        else:
            logger.info("This training started from %s (%s...), which is not loaded again.", started.name, started.sha256[:16])
        self.report(started)

    def resume(self, saved: dict[str, Any] | None) -> None:
        """Continue from a saved state; without one, report that the first pictures are due."""
        if saved is None:
            self.recipe.set_progress(0.0)
            self.restarts.remember(self.state_dict())
            self.report(PicturesDue(0, self.settings.device, self.recipe))
            return
        self.load_state_dict(saved)
        self.life = Life.from_json(saved.get("life", {}))
        self.restarts.load_state_dict(saved.get("restarts", {}))
        self.finished = bool(saved.get("finished", False)) and self.state is not None and saved.get("key") == self.experiment.key
        extended = ""
        if not self.finished:
            self.recipe.load_training_state(with_overwritten(saved))
            if (former := saved.get("former")) is not None:
                extended = announcement(self.recipe, self.images, former, self.budget.images)
                self.life = self.life._replace(extensions=(*self.life.extensions, Extension(self.images, former, self.budget.images)))
                logger.info("%s", extended)
        where = self.state.folder if self.state is not None else ""
        if self.finished:
            logger.info(
                "This training is complete (%s images): its result is taken from %s. Remove that folder to train again.",
                f"{self.images:,}",
                where,
            )
        else:
            logger.info("Continuing after %s of %s images, from the state in %s.", f"{self.images:,}", f"{self.budget.images:,}", where)
        self.report(Resumed(self.images, self.history.rows, saved["notes"], self.finished, extended))

    def run(self, stop: StopRequest) -> None:
        """Train until the budget is spent or the recipe has finished, with all reports and saved states, and with warm restarts.

        Raises:
            Interrupted: a stop was requested; the state is saved.
            NonFiniteLossError: a term or a weight is NaN or infinite, and no restart is left.
        """
        while not self.finished:
            divided.send(self.recipe, self.images, self.stream.position)
            try:
                self.run_to_end(stop)
                break
            except NonFiniteLossError as error:
                if (good := self.restarts.back(self.recipe)) is None:
                    raise
                self.go_back(good, str(error))
        ranks.order(Order.END)

    def run_to_end(self, stop: StopRequest) -> None:
        """Train until the budget is spent or the recipe has finished, with all reports and saved states.

        Raises:
            Interrupted: a stop was requested; the state is saved.
            NonFiniteLossError: a term or a weight is NaN or infinite.
        """
        budget, monitoring = self.budget, self.monitoring
        bounded = self.recipe.loss.bounded if isinstance(self.recipe, Adversarial) else True
        watch = Watch(self.history.rows, bounded)
        progress = Progress(self.images, budget.images)
        for turn in progress.watch(self.turns()):
            before, self.images = self.images, turn.images
            if row := self.history.add(turn):
                self.report(Logged(self.images, row | {"images_per_second": progress.images_per_second}))
                for finding in watch.new():
                    logger.warning("After %s images: %s.", f"{self.images:,}", finding.message)
                    self.report(Found(self.images, finding))
            if crossed(monitoring.pictures_every, before, self.images):
                self.report(PicturesDue(self.images, self.settings.device, self.recipe))
            if self.images < budget.images and crossed(self.selection.every, before, self.images):
                self.score(progress)
            self.save_on_the_way(before, stop)
            if stop.signal:
                self.save()
                ranks.order(Order.END)
                raise Interrupted(stop.signal, self.images, budget.images)
        if self.images < budget.images and not self.selection.stalled:
            logger.info("Training converged after %s of %s images.", f"{self.images:,}", f"{budget.images:,}")
        if not self.selection.is_scored(self.images):
            if self.selection.scorer is not None:
                self.try_to_save()  # an error in the score must not cost the turns since the last saved state
            self.score(progress)
        self.save(finished=True)
        progress.log_scoring()
        selected, early = self.selection.selected(), self.selection.stalled and self.images < budget.images
        self.report(Finished(self.images, progress.summary(), findings(self.history.rows, bounded), selected, early, self.life))

    def turns(self) -> Iterator[Turn]:
        """Train until the budget is spent, the recipe has finished, or the score has stopped improving, and complete the recipe."""
        budget = self.budget
        before: dict[str, Any] = {}
        turns = train(self.recipe, self.stream, self.images, budget.images, budget.batch_size, self.seed, self.settings.precision)
        while not self.selection.stalled:
            ranks.order(Order.TURN)
            if self.images >= budget.images or self.recipe.finished():
                before = copied(self.recipe.state_dict())
            turn = next(turns, None)
            if turn is None:
                self.overwritten = overwritten(before, self.recipe)
                return
            yield turn
        logger.info(
            "Training stopped early, after %s of %s images: the last %s scores brought no improvement.",
            f"{self.images:,}",
            f"{budget.images:,}",
            self.selection.patience,
        )
        before = copied(self.recipe.state_dict())
        complete(self.recipe, self.seed, self.images)
        self.overwritten = overwritten(before, self.recipe)

    def score(self, progress: Progress) -> None:
        """Score the weights, if there is a scorer, and record the value."""
        if self.selection.scorer is None:
            return
        with progress.scoring():
            scored = self.selection.score(self.recipe, self.seed, self.images)
        if scored is not None:
            name, is_best = self.selection.name, self.selection.best is scored
            self.history.record(self.images, {name: scored.value})
            logger.info("%s = %.4g after %s images%s.", name, scored.value, f"{self.images:,}", ", the best so far" if is_best else "")
            self.report(ScoreTaken(self.images, name, scored.value, is_best))

    def save(self, finished: bool = False) -> None:
        """Save the state, unless no states are kept.

        Raises:
            NonFiniteLossError: a weight is NaN or infinite; the last saved state is kept.
        """
        finite(weight_sums(self.recipe), self.images)  # a bad step appears in the terms only one turn later: keep the last good state
        if self.state is None:
            return
        notes: dict[str, str] = {}
        self.report(Saving(notes))
        extras: dict[str, Any] = {"channels_last": self.settings.channels_last, "compile": self.settings.compile}
        extras |= {"overwritten": self.overwritten, "life": self.life.to_json(), "restarts": self.restarts.state_dict()}
        state = {**self.state_dict(), "notes": notes, "key": self.experiment.key, **extras}
        self.state.save(state, self.experiment, finished)

    def state_dict(self) -> dict[str, Any]:
        """Return everything that the next turn depends on, as tensors and primitives; the tensors are not copied."""
        return {
            "training": self.recipe.training_state(),
            "history": self.history.state_dict(),
            "selection": self.selection.state_dict(),
            "images": self.images,
            "position": self.stream.position,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore a state returned by `state_dict`."""
        self.recipe.load_training_state(state["training"])
        self.history.load_state_dict(state["history"])
        self.selection.load_state_dict(state.get("selection", NOTHING_SCORED))
        self.images, self.stream = state["images"], Stream(self.source, state["position"])

    def go_back(self, good: dict[str, Any], reason: str) -> None:
        """Return to the last good state with lower learning rates, and report it."""
        reached = self.images
        self.load_state_dict(good)
        self.overwritten = {}
        rate = self.restarts.lower_rates(self.recipe)
        restart = Restart(reached, self.images, rate, brief(reason))
        self.life = self.life._replace(restarts=(*self.life.restarts, restart))
        logger.warning(
            "%s. Warm restart %s of %s: back to the state after %s images, with %g times the initial learning rates.",
            restart.reason,
            self.restarts.done,
            self.restarts.most,
            f"{self.images:,}",
            rate,
        )
        self.report(Restarted(restart, self.restarts.done))

    def save_on_the_way(self, before: int, stop: StopRequest) -> None:  # before: number of images seen before the last turn
        """Save the state, a numbered checkpoint and the last good state if they are due or asked for; after a full disk, go on."""
        due = self.images < self.budget.images and crossed(self.monitoring.checkpoint_every, before, self.images)
        if due and self.restarts.most:
            finite(weight_sums(self.recipe), self.images)
            self.restarts.remember(self.state_dict())
        if self.kept is not None and (stop.keep or crossed(self.monitoring.keep_every, before, self.images)):
            self.try_to_keep(self.kept)
        if not stop.signal and (due or stop.keep):
            self.try_to_save()
        if stop.keep:
            logger.info("SIGUSR1: %s after %s images.", "saved" if self.state or self.kept else "nothing to save to", f"{self.images:,}")
        stop.keep = False

    def try_to_keep(self, kept: Kept) -> None:
        """Write a numbered checkpoint; on a full disk, warn and go on."""
        try:
            logger.info("Kept %s.", kept.keep(self.recipe, self.seed, self.images))
        except DiskFullError as error:
            logger.warning("No checkpoint is kept after %s images; training goes on. %s", f"{self.images:,}", error)

    def try_to_save(self) -> None:
        """Save the state; on a full disk, warn and go on: the training itself needs no space."""
        try:
            self.save()
        except DiskFullError as error:
            logger.warning("The state after %s images is not saved; training goes on. %s", f"{self.images:,}", error)

    def report(self, event: Event) -> None:
        """Call all callbacks with an event."""
        for callback in self.callbacks:
            callback(event)


def crossed(every: int, before: int, now: int) -> bool:
    """Whether the interval (before, now] contains a multiple of `every`; never if `every` is 0."""
    return every > 0 and now // every > before // every

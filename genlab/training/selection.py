"""Selection of a checkpoint: a score at intervals of images, the weights with the best score so far, and early stopping."""

import logging
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal, NamedTuple, Protocol

import torch
from torch import Tensor

from genlab.engine.loop import complete
from genlab.engine.recipe import Recipe

COLUMN = "selection/"  # prefix of the score's column in the history
Keep = Literal["best", "last"]

logger = logging.getLogger(__name__)


class Scorer(Protocol):
    """Computes a score of a recipe during training; lower is better."""

    name: str

    def settings(self) -> Mapping[str, Any]:
        """Everything that the score depends on in addition to the recipe, the image set and the code, JSON-able."""
        ...

    def __call__(self, recipe: Recipe) -> float:
        """Score the recipe. It may use random numbers, which start from the same seed for equal numbers of images."""
        ...


MakeScorer = Callable[[Recipe], Scorer | None]  # None: there is no score for this recipe


class Scored(NamedTuple):
    """A score of the weights after this number of images."""

    images: int
    value: float


class Selected(NamedTuple):
    """What was selected, and what the choice was between."""

    score: str  # name of the score; lower is better
    kept: Keep
    best: Scored
    last: Scored
    scores: tuple[Scored, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the fields as JSON values; a score that is not finite is null."""

        def pair(scored: Scored) -> dict[str, float | None]:
            return {"images": scored.images, "value": scored.value if math.isfinite(scored.value) else None}

        ends = {"best": pair(self.best), "last": pair(self.last)}
        return {"score": self.score, "kept": self.kept, **ends, "scores": [pair(each) for each in self.scores]}


class Selection:
    """The scores of a training so far, and the weights of the best one."""

    def __init__(
        self,
        scorer: Scorer | None,  # None: no scores
        every: int,  # images between two scores; 0: no scores
        patience: int | None = None,  # scores without improvement after which the training stops; None: it does not
        keep: Keep = "best",
    ):
        self.scorer, self.every, self.patience, self.keep = scorer if every else None, every, patience, keep
        self.scores: list[Scored] = []
        self.weights: dict[str, Tensor] = {}  # the best state_dict of the recipe, on the CPU; empty before the first finite score

    @property
    def name(self) -> str:
        """Column of the score in the history; "" without scores."""
        return f"{COLUMN}{self.scorer.name}" if self.scorer is not None else ""

    @property
    def best(self) -> Scored | None:
        """The lowest score, the first of several equal ones; None if there is no finite score."""
        return min((each for each in self.scores if math.isfinite(each.value)), key=lambda each: each.value, default=None)

    @property
    def stalled(self) -> bool:
        """Whether the last `patience` scores brought no improvement. Scores that are not finite do not count as improvements."""
        if self.patience is None or not self.scores:
            return False
        place = self.scores.index(self.best) if self.best is not None else -1
        return len(self.scores) - 1 - place >= self.patience

    def is_scored(self, images: int) -> bool:
        """Whether the last score is of the weights after this number of images."""
        return bool(self.scores) and self.scores[-1].images == images

    def score(self, recipe: Recipe, seed: int, images: int) -> Scored | None:
        """Score the recipe as it would be released now, and keep a copy of its weights if they are the best; None without a scorer.

        Neither the recipe nor the random numbers change.
        """
        if self.scorer is None:
            return None
        with completed(recipe, seed, images):
            weights = copied(recipe.state_dict())
            scored = Scored(images, float(self.scorer(recipe)))
        self.scores.append(scored)
        if self.best is scored:
            self.weights = weights
        if not math.isfinite(scored.value):
            logger.warning("%s is %s after %s images, and cannot be the best.", self.scorer.name, scored.value, f"{images:,}")
        return scored

    def select(self, recipe: Recipe) -> None:
        """Load the best weights into the recipe, unless the last ones are to be kept or there are no scores."""
        if self.keep == "best" and self.weights:
            recipe.load_state_dict(self.weights)

    def selected(self) -> Selected | None:
        """Return the best and the last score; None if there is no finite score."""
        if self.scorer is None or (best := self.best) is None:
            return None
        return Selected(self.scorer.name, self.keep, best, self.scores[-1], tuple(self.scores))

    def state_dict(self) -> dict[str, Any]:
        """Return the scores and the best weights, as tensors and primitives."""
        return {"scores": [tuple(each) for each in self.scores], "weights": self.weights}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore a state returned by `state_dict`."""
        self.scores, self.weights = [Scored(*each) for each in state["scores"]], copied(state["weights"])


@contextmanager
def completed(recipe: Recipe, seed: int, images: int) -> Iterator[None]:
    """Context manager in which the recipe is complete, as after its last turn. Its state and the random numbers are restored afterwards.

    The schedules are not: set_progress sets them at the start of each turn.
    """
    before, modes = copied(recipe.state_dict()), {module: module.training for module in recipe.modules()}
    with torch.random.fork_rng(range(torch.cuda.device_count())):
        complete(recipe, seed, images)
        try:
            yield
        finally:
            recipe.load_state_dict(before)
            for module, training in modes.items():
                module.training = training


def copied(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Copy weights to the CPU."""
    return {name: value.detach().to("cpu", copy=True) for name, value in weights.items()}

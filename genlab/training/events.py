"""Events that a training reports to its callbacks."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import torch

from genlab.engine.recipe import Recipe
from genlab.training.health import Finding
from genlab.training.initial import Started
from genlab.training.life import Life, Restart
from genlab.training.selection import Selected


class Resumed(NamedTuple):
    """A stopped training continues, or the result of a complete training is used again."""

    images: int  # number of images seen so far
    rows: Sequence[Mapping[str, float]]  # rows of the history so far
    notes: Mapping[str, str]  # added by callbacks when the state was saved
    finished: bool  # whether the training was complete
    extended: str = ""  # if the budget has changed, what that means, in words


class Logged(NamedTuple):
    """A row of the history is complete."""

    images: int
    row: Mapping[str, float]  # "<update>/<term>" -> mean since the last row, and "images_per_second"


class Found(NamedTuple):
    """A failure of the training was detected."""

    images: int
    finding: Finding


class Restarted(NamedTuple):
    """A number was not finite, and the training goes on from the last good state with lower learning rates."""

    restart: Restart
    number: int  # number of restarts so far


class ScoreTaken(NamedTuple):
    """The weights were scored for the selection of a checkpoint."""

    images: int
    name: str  # column of the score in the history
    value: float  # lower is better
    is_best: bool  # whether it is the best so far


class PicturesDue(NamedTuple):
    """Pictures of samples are due: at the start, and then at regular intervals."""

    images: int
    device: torch.device  # of the recipe
    recipe: Recipe  # callbacks may use random numbers, since the next turn seeds the generators again


class Saving(NamedTuple):
    """The state is about to be saved."""

    notes: dict[str, str]  # callbacks may add notes, which are returned in `Resumed`


class Finished(NamedTuple):
    """The training has ended: the budget is spent, the recipe has converged, or the score has stopped improving."""

    images: int
    summary: Mapping[str, float]  # training_seconds, turn_seconds, scoring_seconds, images_per_second
    findings: Sequence[Finding] = ()  # failures in the last rows of the history
    selected: Selected | None = None  # the best and the last score; None without scores
    stopped_early: bool = False  # whether the score had stopped improving before the budget was spent
    life: Life = Life()  # other budgets, and warm restarts


Event = Started | Resumed | Logged | Found | Restarted | ScoreTaken | PicturesDue | Saving | Finished
Callback = Callable[[Event], None]

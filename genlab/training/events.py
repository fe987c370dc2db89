"""What a training reports to its callbacks."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import torch

from genlab.engine.recipe import Recipe
from genlab.training.health import Finding


class Resumed(NamedTuple):
    """A stopped training continues."""

    images: int  # seen so far
    rows: Sequence[Mapping[str, float]]  # the history so far
    notes: Mapping[str, str]  # what callbacks noted when the state was saved


class Logged(NamedTuple):
    """A row of the history is complete."""

    images: int
    row: Mapping[str, float]  # "<update>/<term>" -> mean since the last row, and images_per_second


class Found(NamedTuple):
    """Something goes wrong."""

    images: int
    finding: Finding


class PicturesDue(NamedTuple):
    """Samples may be drawn now: at the start, and then at regular intervals."""

    images: int
    device: torch.device  # where the recipe is
    recipe: Recipe  # drawing may use random numbers: the next turn seeds the generators again


class Saving(NamedTuple):
    """The state is about to be saved."""

    notes: dict[str, str]  # callbacks may add to it, and get it back in `Resumed`


class Finished(NamedTuple):
    """The budget is spent, or the recipe has nothing more to learn."""

    images: int
    summary: Mapping[str, float]  # training_seconds, turn_seconds, images_per_second


Event = Resumed | Logged | Found | PicturesDue | Saving | Finished
Callback = Callable[[Event], None]

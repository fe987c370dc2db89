"""Turns of copies of a training, whose speed decides how it is computed."""

import time
from collections.abc import Iterator
from typing import NamedTuple

from genlab.engine.compute import Compute
from genlab.engine.loop import Turn, train
from genlab.engine.recipe import Recipe
from genlab.engine.stream import Stream
from genlab.images.prepared_set import PreparedSet
from genlab.training import divided
from genlab.training.resumption import Description
from genlab.training.settings import Budget

LATE = 0.9  # progress at which networks are measured: those that grow have their final size


class Trial(NamedTuple):
    """A training of which copies can take turns."""

    recipe: Recipe  # of the training, which is not changed
    model: Recipe | Description  # of which the copies are; there are none of an object
    images: PreparedSet
    budget: Budget
    seed: int
    augmentation: object

    def affords(
        self,
        turns: int,
        share: float,  # of the budget
    ) -> bool:
        """Whether copies can take this many turns: they must be a small share of the budget, and descend a gradient."""
        images = turns * self.budget.batch_size * self.recipe.batches_per_turn
        return not isinstance(self.model, Recipe) and bool(self.recipe.gradient_updates()) and images <= share * self.budget.images

    def turns(self, settings: Compute) -> Iterator[Turn]:
        """Turns of a copy late in the budget, with these settings."""
        budget = self.budget
        recipe, source = divided.ready(self.model, self.images, budget, self.seed, self.augmentation, settings)
        start = int(LATE * budget.images) // budget.batch_size * budget.batch_size
        return train(recipe, Stream(source), start, budget.images, budget.batch_size, self.seed, settings.precision)


def seconds(turns: Iterator[Turn]) -> float:
    """Seconds that the next turn takes."""
    begun = time.perf_counter()
    next(turns)
    return time.perf_counter() - begun

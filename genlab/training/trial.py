"""Turns of copies of a training, whose speed decides how it is computed."""

import time
from collections.abc import Iterator

from genlab.engine.compute import Compute
from genlab.engine.loop import Turn, train
from genlab.engine.stream import Stream
from genlab.images.prepared_set import PreparedSet
from genlab.training import divided
from genlab.training.resumption import Description
from genlab.training.settings import Budget

LATE = 0.9  # progress at which networks are measured: those that grow have their final size


def late(model: Description, images: PreparedSet, budget: Budget, seed: int, augmentation: object, settings: Compute) -> Iterator[Turn]:
    """Turns of a training late in its budget."""
    recipe, source = divided.ready(model, images, budget, seed, augmentation, settings)
    start = int(LATE * budget.images) // budget.batch_size * budget.batch_size
    return train(recipe, Stream(source), start, budget.images, budget.batch_size, seed, settings.precision)


def seconds(turns: Iterator[Turn]) -> float:
    """Seconds that the next turn takes."""
    begun = time.perf_counter()
    next(turns)
    return time.perf_counter() - begun

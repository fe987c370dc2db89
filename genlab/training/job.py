"""A training as a job of several ranks: what followers need to take part in it."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NamedTuple

from genlab.engine import ranks
from genlab.engine.compute import Compute
from genlab.engine.loop import NonFiniteLossError, Turn, train
from genlab.engine.memory import reused
from genlab.engine.ranks import Order
from genlab.engine.seeding import seed_everything
from genlab.engine.stream import Stream
from genlab.images.prepared_set import PreparedSet
from genlab.images.sent import Sent
from genlab.training import divided
from genlab.training.group import check_description
from genlab.training.settings import Budget


class TrainingJob(NamedTuple):
    """Everything that followers need to take part in a training."""

    model: Any  # the description of a recipe
    images: Sent
    budget: Budget
    seed: int
    augmentation: Any
    compute: Compute

    @classmethod
    def of(cls, model: Any, images: PreparedSet, budget: Budget, seed: int, augmentation: Any, compute: Compute) -> "TrainingJob":
        """Describe a training.

        Raises:
            InputError: the model is an object, of which other processes have no copy.
        """
        check_description(model, compute)
        return cls(model, Sent.of(images), budget, seed, augmentation, compute)

    @reused()
    def follow(self) -> None:
        """Take part in the training: compute a part of each batch."""
        settings, budget = self.compute, self.budget
        settings.on_rank()
        seed_everything(self.seed)
        recipe, source = divided.ready(self.model, self.images.image_set(), budget, self.seed, self.augmentation, settings)
        turns: Iterator[Turn] = iter(())
        while (order := ranks.order()) != Order.END:
            if order == Order.STATE:
                images, position = divided.receive(recipe)
                turns = train(recipe, Stream(source, position), images, budget.images, budget.batch_size, self.seed, settings.precision)
            else:
                with suppress(NonFiniteLossError):  # rank 0 has the same numbers, and gives the next order
                    next(turns, None)

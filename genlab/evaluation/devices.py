"""Evaluation on several devices: ranks divide all that is computed of single images, and rank 0 computes the scores.

Each rank computes whole batches, those that one process would compute, and rank 0 receives them in their order. So scores are those of one
process with as many threads.
"""

import logging
import os
import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor

from genlab.build import build
from genlab.engine import ranks
from genlab.engine.compute import Compute
from genlab.engine.in_order import ALONE, Batches, InOrder
from genlab.engine.recipe import Recipe
from genlab.errors import InputError
from genlab.images.prepared_set import PreparedSet
from genlab.images.sent import Sent
from genlab.training.group import check_description, group
from genlab.training.resumption import Description

log = logging.getLogger(__name__)


class Devices(NamedTuple):
    """Devices among which an evaluation is divided."""

    compute: Compute
    model: Description  # of the recipe, which each rank builds


class Work(Protocol):
    """Everything that an evaluation computes of single images."""

    def parts(self, order: InOrder) -> Iterator[Batches[Any]]:
        """Yield everything that is computed, in the order in which rank 0 receives it."""
        ...


Make = Callable[[Recipe, Recipe, PreparedSet, torch.device], Work]  # trained and untrained recipe, images, device of both recipes


class EvaluationJob(NamedTuple):
    """Everything that followers need to take part in an evaluation."""

    compute: Compute
    model: Description
    states: list[dict[str, Tensor]]  # of the trained and of the untrained recipe
    formats: list[bool]  # whether their memory format is channels_last, which changes last digits
    images: Sent
    threads: int  # of rank 0: with another number, last digits would differ
    make: bytes  # a pickled `Make`

    @classmethod
    def of(cls, devices: Devices, recipes: list[Recipe], images: PreparedSet, make: Make) -> "EvaluationJob":
        """Describe an evaluation.

        Raises:
            InputError: the model is an object, or the extractor cannot be sent to other processes.
        """
        check_description(devices.model, devices.compute)
        warn_of_threads(int(os.environ.get("LOCAL_WORLD_SIZE", devices.compute.devices)))
        try:
            pickled = pickle.dumps(make)
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            raise InputError(
                f"extractor: it cannot be sent to the processes of compute.devices: {devices.compute.devices} ({error}). Define a "
                "`__reduce__` that returns its class and its arguments, or set `devices: 1`."
            ) from None
        states = [{name: tensor.cpu() for name, tensor in recipe.state_dict().items()} for recipe in recipes]
        formats = [is_channels_last(recipe) for recipe in recipes]
        return cls(devices.compute, devices.model, states, formats, Sent.of(images), torch.get_num_threads(), pickled)

    def follow(self) -> None:
        """Take part in the evaluation: compute some batches."""
        own_threads = torch.get_num_threads()
        torch.set_num_threads(self.threads)
        self.compute.on_rank()
        trained, untrained = (self.compute.with_format(each).prepare(build(self.model, "model")) for each in self.formats)
        for recipe, state in zip((trained, untrained), self.states, strict=True):
            recipe.load_state_dict(state)
        work: Work = pickle.loads(self.make)(trained, untrained, self.images.image_set(), self.compute.device)
        order = InOrder(ranks.count(), ranks.number())
        for batches in work.parts(order):
            order.take_part(batches)
        torch.set_num_threads(own_threads)


def is_channels_last(recipe: Recipe) -> bool:
    """Return whether weights of a recipe are in this memory format. Weights of one channel or of one position are in both."""
    weights = [each for each in recipe.state_dict().values() if each.dim() == 4]
    return any(each.is_contiguous(memory_format=torch.channels_last) and not each.is_contiguous() for each in weights)


def warn_of_threads(processes: int) -> None:
    """Warn if the processes of this machine together have more threads than it has cores, of which they would wait for each other."""
    threads, cores = torch.get_num_threads(), os.cpu_count() or 1
    if threads > 1 and processes * threads > cores:
        log.warning(
            "%s processes with %s threads each share %s cores. Set OMP_NUM_THREADS=%s: the evaluation is faster then.",
            processes,
            threads,
            cores,
            max(1, cores // processes),
        )


@contextmanager
def divided(devices: Devices | None, recipes: list[Recipe], images: PreparedSet, make: Make) -> Iterator[InOrder]:
    """Context manager in which this process is rank 0 of a group that computes the parts of some work; with one device, it computes alone.

    Raises:
        InputError: there are fewer devices than asked for, or something cannot be sent to other processes.
        RankError: a follower failed or was killed. No process is left behind.
    """
    if devices is None or devices.compute.devices == 1:
        yield ALONE
        return
    with group(EvaluationJob.of(devices, recipes, images, make)):
        yield InOrder(ranks.count(), ranks.number())

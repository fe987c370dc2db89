"""The training loop, which applies the updates of a recipe once per turn and yields after each turn."""

import math
from collections.abc import Iterator
from typing import NamedTuple

import torch

from genlab.engine.precision import FULL_PRECISION, Precision
from genlab.engine.recipe import Recipe
from genlab.engine.seeding import seed_everything
from genlab.engine.stream import Stream
from genlab.engine.updates import Terms
from genlab.errors import InputError


class NonFiniteLossError(InputError):
    """A term of the training, e.g. a loss, is NaN or infinite."""


class Turn(NamedTuple):
    """Result of one turn of the training loop."""

    images: int  # number of images seen so far
    terms: dict[str, float]  # "<update>/<term>"


def train(
    recipe: Recipe,
    stream: Stream,
    images: int,  # number of images seen before; 0 for a new run
    budget: int,  # number of images to see in total
    batch_size: int,
    seed: int,
    precision: Precision = FULL_PRECISION,
) -> Iterator[Turn]:
    """Train a recipe until the budget is spent or the recipe has finished. Yields after each turn; the caller logs, draws, saves or stops.

    Raises:
        NonFiniteLossError: a term is NaN or infinite; the recipe's weights must not be saved.
    """
    recipe.use(precision)
    while images < budget and not recipe.finished():
        seed_everything(seed, images)
        recipe.set_progress(images / budget)
        stream.start_turn(images // batch_size, recipe.batches_per_turn)
        terms = {f"{name}/{term}": value for name, update in recipe.updates.items() for term, value in update(stream).items()}
        images += batch_size * recipe.batches_per_turn
        yield Turn(images, finite(terms, images))
    seed_everything(seed, images)
    recipe.finalise()


def finite(terms: Terms, images: int) -> dict[str, float]:
    """Convert scalar tensors to floats with one transfer from the device.

    Raises:
        NonFiniteLossError: a term is NaN or infinite; the message names the terms and the number of images.
    """
    values = dict(zip(terms, torch.stack([value.float() for value in terms.values()]).tolist(), strict=True)) if terms else {}
    bad = {name: value for name, value in values.items() if not math.isfinite(value)}
    if bad:
        listed = ", ".join(f"{name} = {value}" for name, value in bad.items())
        raise NonFiniteLossError(
            f"{listed} after {images:,} images; a finite number was expected. Lower the learning rate, or use `precision: fp32`: "
            "that starts a new training, while the same settings would come to the same number. The last good state is kept."
        )
    return values


def weight_sums(recipe: Recipe) -> Terms:
    """Return the sum of all values of each network, pool and average: not finite if any of its values is not finite."""
    sums: Terms = {}
    for name, value in recipe.state_dict().items():
        owner = f"{name.split('.')[0]}/weights"
        sums[owner] = sums.get(owner, 0) + value.double().sum().cpu()
    return sums

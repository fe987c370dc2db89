"""The training loop, which applies the updates of a recipe once per turn and yields after each turn."""

import logging
import math
from collections.abc import Collection, Iterator
from typing import NamedTuple

import torch

from genlab.engine.precision import FULL_PRECISION, Precision, in_float64
from genlab.engine.recipe import Recipe
from genlab.engine.seeding import seed_everything
from genlab.engine.stream import Stream
from genlab.engine.updates import Terms
from genlab.errors import InputError

GRADIENT_NORM = "/gradient_norm"  # a diagnosis, although it is a term of an update that descends a gradient

logger = logging.getLogger(__name__)


class NonFiniteLossError(InputError):
    """A loss, a part of one, or a weight is NaN or infinite."""


class Turn(NamedTuple):
    """Result of one turn of the training loop."""

    images: int  # number of images seen so far
    terms: dict[str, float]  # "<update>/<term>"; only finite numbers


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

    Terms of updates that descend a gradient are losses and their parts. All others, and the norms of gradients, are diagnoses: a diagnosis
    that is not finite, e.g. the diversity of equal images, is left out of a turn with a warning, and never stops the training.

    Raises:
        NonFiniteLossError: a term of a loss is NaN or infinite; the recipe's weights must not be saved.
    """
    recipe.use(precision)
    warned: set[str] = set()
    while images < budget and not recipe.finished():
        seed_everything(seed, images)
        recipe.set_progress(images / budget)
        stream.start_turn(images // batch_size, recipe.batches_per_turn)
        terms = {f"{name}/{term}": value for name, update in recipe.updates.items() for term, value in update(stream).items()}
        images += batch_size * recipe.batches_per_turn
        losses = tuple(f"{name}/" for name in recipe.gradient_updates())
        diagnoses = [name for name in terms if not name.startswith(losses) or name.endswith(GRADIENT_NORM)]
        values = finite(terms, images, diagnoses)
        for name in terms.keys() - values.keys() - warned:
            warned.add(name)
            logger.warning("%s is not finite after %s images, and left out of the history.", name, f"{images:,}")
        yield Turn(images, values)
    complete(recipe, seed, images)


def complete(recipe: Recipe, seed: int, images: int) -> None:
    """Complete a recipe after its last turn; a second call changes nothing."""
    seed_everything(seed, images)
    recipe.finalise()


def finite(
    terms: Terms,
    images: int,  # number of images seen, for the message
    diagnoses: Collection[str] = (),  # names of terms that are left out if they are not finite
) -> dict[str, float]:
    """Convert scalar tensors to floats with one transfer from the device.

    Raises:
        NonFiniteLossError: another term is NaN or infinite; the message names the terms and the number of images.
    """
    values = dict(zip(terms, torch.stack([value.float() for value in terms.values()]).tolist(), strict=True)) if terms else {}
    values = {name: value for name, value in values.items() if math.isfinite(value) or name not in diagnoses}
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
        sums[owner] = sums.get(owner, 0) + in_float64(value).sum().cpu()
    return sums

"""Checks of a training whose batches are divided among devices or accumulated parts, and the images that each rank receives."""

from typing import Any

import numpy as np
from torch import Tensor
from torch.utils._pytree import tree_map_only

from genlab.build import build
from genlab.engine import ranks
from genlab.engine.compute import Compute
from genlab.engine.parts import rows_in_batch
from genlab.engine.ranks import Order
from genlab.engine.recipe import Recipe
from genlab.errors import InputError
from genlab.images.feeding.augment import Augmentation
from genlab.images.feeding.source import ImageSource
from genlab.images.prepared_set import PreparedSet
from genlab.networks.separate import mixing_layers
from genlab.training.settings import Budget

MAX_NAMED_LAYERS = 3  # in an error message


def source_of(
    images: PreparedSet,
    budget: Budget,
    seed: int,
    augment: Augmentation | None,
    settings: Compute,
    may_stay: bool = True,  # whether the images may stay on the device; not worth it for a single batch
) -> ImageSource:
    """Batches of the training images, of which each rank receives its own rows. All ranks must make it alike."""
    batch_size, place = budget.batch_size, rows(settings, budget.batch_size)
    size = images.images[:1].nbytes * int((images.manifest["split"] == "train").sum())
    resident, feeding = may_stay and settings.holds(size, augment is not None), (settings.workers, settings.device, settings.channels_last)
    return ImageSource(images, batch_size, seed, augment, *feeding, budget.sampling, place, resident)


def ready(
    model: Any,  # the description of a recipe
    images: PreparedSet,
    budget: Budget,
    seed: int,
    augmentation: Any,
    settings: Compute,
) -> tuple[Recipe, ImageSource]:
    """Make a recipe that can take turns with these settings, and the batches of its training."""
    recipe: Recipe = settings.prepare(build(model, "model"))
    recipe.use(settings.precision)
    divide(recipe, settings, budget.batch_size)
    return recipe, source_of(images, budget, seed, build(augmentation, "augmentation"), settings)


def rows(settings: Compute, batch_size: int) -> np.ndarray | None:
    """Places in a batch of the images of this rank, (N,); None: batches are not divided."""
    if settings.devices * settings.accumulate == 1:
        return None
    found: np.ndarray = rows_in_batch(ranks.number(), settings.devices, batch_size // settings.devices, settings.accumulate).numpy()
    return found


def check_batch_size(settings: Compute, batch_size: int) -> None:
    """Check that a batch can be divided into equal parts.

    Raises:
        InputError: its size is no multiple of the number of parts.
    """
    parts = settings.devices * settings.accumulate
    if batch_size % parts:
        raise InputError(
            f"budget.batch_size: got {batch_size} with compute.devices: {settings.devices} and compute.accumulate: {settings.accumulate}; "
            f"expected a multiple of {parts}, since all parts of a batch have the same number of images. Change one."
        )


def divide(recipe: Recipe, settings: Compute, batch_size: int) -> None:
    """Divide the batches of a recipe among devices and accumulated parts.

    Raises:
        InputError: the batch size is no multiple of the number of parts, or the recipe cannot be computed from parts.
    """
    parts = settings.devices * settings.accumulate
    if parts == 1:
        return
    check_batch_size(settings, batch_size)
    if relating := recipe.relating_images():
        raise InputError(
            f"compute: got devices: {settings.devices} and accumulate: {settings.accumulate}, expected 1 and 1 with {', '.join(relating)}: "
            "this objective relates the images of a batch to each other. Set both to 1."
        )
    if settings.accumulate > 1:
        check_accumulated(recipe, settings.accumulate)
    recipe.divide(settings.accumulate)


def send(recipe: Recipe, images: int, position: int) -> None:
    """Send the state from which rank 0 goes on to its followers, so that all ranks begin alike; nothing with one rank."""
    if ranks.count() > 1:
        ranks.order(Order.STATE)
        state = tree_map_only(Tensor, Tensor.cpu, recipe.training_state())
        frozen = [name for name, parameter in recipe.named_parameters() if not parameter.requires_grad]
        ranks.from_first({"training": state, "frozen": frozen, "images": images, "position": position})


def receive(recipe: Recipe) -> tuple[int, int]:
    """Load the state that rank 0 sends -> numbers of images seen and of batches taken."""
    sent = ranks.from_first(None)
    recipe.load_training_state(sent["training"])
    for name in sent["frozen"]:
        recipe.get_parameter(name).requires_grad_(False)
    for update in recipe.gradient_updates().values():
        update.parameters = [parameter for parameter in update.parameters if parameter.requires_grad]
    return sent["images"], sent["position"]


def check_accumulated(recipe: Recipe, accumulate: int) -> None:
    """Check that the gradients of a recipe can be accumulated.

    Raises:
        InputError: no update descends a gradient, or a network mixes the images of a batch.
    """
    if not recipe.gradient_updates():
        raise InputError(
            f"compute.accumulate: got {accumulate}, expected 1: a {type(recipe).__name__} descends no gradient. Lower `batch_size` instead."
        )
    if layers := [name for name in mixing_layers(recipe) if not name.startswith(("average", "averages"))]:
        more = f" and {len(layers) - MAX_NAMED_LAYERS} more" if len(layers) > MAX_NAMED_LAYERS else ""
        raise InputError(
            f"compute.accumulate: got {accumulate}, expected 1: {', '.join(layers[:MAX_NAMED_LAYERS])}{more} mix the images of a batch "
            "(batch norm, minibatch layers), so that parts would give other numbers than the whole. Change the networks' norm or minibatch "
            "layer, or use `devices`, over which these layers are exact."
        )

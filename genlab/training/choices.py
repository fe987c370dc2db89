"""The settings that a training chooses by measurement: the memory format on a CPU, and compilation on a GPU."""

from collections.abc import Mapping
from typing import Any

from genlab.engine.compute import Compute
from genlab.engine.recipe import Recipe
from genlab.images.prepared_set import PreparedSet
from genlab.training.compilation import pays
from genlab.training.layout import faster
from genlab.training.resumption import Description
from genlab.training.settings import Budget


def chosen(
    recipe: Recipe,  # of the training, which is not changed
    model: Recipe | Description,
    images: PreparedSet,
    budget: Budget,
    seed: int,
    augmentation: object,
    settings: Compute,
    saved: Mapping[str, Any] | None,  # the state that is continued, whose choices stay
) -> Compute:
    """These settings, with a choice for each that is open."""
    known = saved or {} if settings.devices == 1 else {}
    given = (recipe, model, images, budget, seed, augmentation)
    if settings.format_is_open:
        last = known.get("channels_last")
        settings = settings.with_format(faster(*given, settings) if last is None else last)
    if settings.compilation_is_open:
        compiled = known.get("compile")
        settings = settings.with_compilation(pays(*given, settings) if compiled is None else compiled)
    return settings

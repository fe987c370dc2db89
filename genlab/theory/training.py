"""Training on a known density: genlab.training.fit with the settings that all claims share."""

from collections.abc import Callable, Mapping
from typing import Any

from genlab.engine.recipe import Recipe
from genlab.images.prepared_set import PreparedSet
from genlab.training.events import Event, PicturesDue
from genlab.training.fit import Trained, fit
from genlab.training.settings import Budget, Monitoring

CPU = {"class": "genlab.engine.compute.Compute", "device": "cpu", "compile": False, "channels_last": False}


def trained(
    model: Mapping[str, Any],  # description of a recipe
    images: PreparedSet,
    turns: int,
    batch_size: int,
    seed: int,
    watch: Callable[[int, Recipe], None] | None = None,  # called with the number of turns so far and the recipe, first with 0 turns
    watch_every: int = 0,  # turns between two calls; 0: only before the first turn
    log_every: int = 10,  # turns between two rows of the history
) -> Trained:
    """Train a recipe on the samples of a known density, on the CPU."""

    def callback(event: Event) -> None:
        if isinstance(event, PicturesDue) and watch is not None:
            watch(event.images // batch_size, event.recipe)

    images_seen = turns * batch_size
    monitoring = Monitoring(log_every * batch_size, (watch_every or 2 * turns) * batch_size, 2 * images_seen)
    return fit(model, images, Budget(images_seen, batch_size), seed, compute=CPU, monitoring=monitoring, callbacks=[callback])

"""Checks of a training before its images are prepared: the model is built, its batches are divided, and its initial weights are matched."""

from collections.abc import Mapping
from typing import Any

from pipelines.training.initial import INITIAL, ancestor_of, initial_values
from pipelines.training.parameters import Initial


def check_training(
    name: str,  # of the recipe
    entry: Mapping[str, Any],  # its parameters
    known: Mapping[str, Any],  # all recipes, by name
) -> None:
    """Build everything of a training that does not depend on its images, and release it again.

    The weights of another recipe of the project, which the same command may train first, are not matched.

    Raises:
        InputError: a value is wrong, a device is not there, batches cannot be divided, or the initial weights are missing or do not match.
        TrackingError: MLflow does not answer.
    """
    from genlab.build import build
    from genlab.training import divided, group
    from genlab.training.initial import start

    compute = build(entry["compute"], f"{name}.compute")
    group.check_devices(compute)
    recipe = build(entry["model"], f"{name}.model")
    build(entry.get("augmentation"), f"{name}.augmentation")
    divided.divide(recipe, compute, entry["budget"]["batch_size"])
    if entry.get(INITIAL) is not None and not ancestor_of(entry, known):
        start(recipe, initial_values(Initial(**entry[INITIAL]), None, None), is_new=False)

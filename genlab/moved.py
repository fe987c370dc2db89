"""Names of objects and arguments that have moved.

Descriptions and releases of version 0.1 still work in 0.2, with a warning that gives the new name.
"""

import functools
import logging
from collections.abc import Mapping
from typing import Any

logger = logging.getLogger(__name__)

MODULES = {
    "genlab.adaptive": "genlab.adversarial.adaptive",
    "genlab.compute": "genlab.engine.compute",
    "genlab.diffaugment": "genlab.adversarial.diffaugment",
    "genlab.growth": "genlab.adversarial.growth",
    "genlab.images.augment": "genlab.images.feeding.augment",
    "genlab.images.digits": "genlab.images.sources.digits",
    "genlab.images.edges": "genlab.images.sources.edges",
    "genlab.images.layouts": "genlab.images.sources",
    "genlab.images.masks": "genlab.images.sources.masks",
    "genlab.images.satellite": "genlab.images.sources.satellite",
    "genlab.networks.minibatch": "genlab.networks.layers.minibatch",
    "genlab.networks.residual": "genlab.networks.r3gan",
    "genlab.networks.sampling": "genlab.networks.inference",
    "genlab.styles.path_length": "genlab.adversarial.path_length",
}
OBJECTS = {"genlab.networks.inference.Sampling": "genlab.networks.inference.Inference"}
ARGUMENTS = {"genlab.recipes.gan.GAN": {"standing_batches": "batch_norm_batches"}}


def current_name(name: str) -> str:
    """Return the current dotted name of an object that may have moved."""
    module, _, attribute = name.rpartition(".")
    for old, new in MODULES.items():
        if module == old or module.startswith(f"{old}."):
            name = f"{new}{module.removeprefix(old)}.{attribute}"
            break
    return OBJECTS.get(name, name)


def current_arguments(description: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Return the arguments of a description under their current names; warn once about each old name."""
    renamed = ARGUMENTS.get(current_name(str(description["class"])), {})
    arguments = {key: value for key, value in description.items() if key not in ("class", "partial")}
    for old in [key for key in arguments if key in renamed and renamed[key] not in arguments]:
        arguments[renamed[old]] = arguments.pop(old)
        warn_if_renamed(old, renamed[old], where)
    return arguments


@functools.cache  # a run resolves the same description several times: warn only once
def warn_if_renamed(old: str, new: str, where: str) -> None:
    """Warn once that an argument has a new name."""
    logger.warning("%s: %s is now called %s. The old name works until version 0.3: change it.", where, old, new)


@functools.cache  # a run resolves the same description several times: warn only once
def warn_if_moved(name: str, where: str) -> str:
    """Return the current name; warn once if the given name, found at `where` in a description, is an old one."""
    if (current := current_name(name)) != name:
        logger.warning("%s: class: %s has moved to %s. The old name works until version 0.3: change it.", where, name, current)
    return current

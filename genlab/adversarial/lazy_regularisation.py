"""Lazy regularisation: a network's penalty is minimised in separate steps, every few turns. Karras et al. 2019 (arXiv:1912.04958)."""

from collections.abc import Callable
from typing import Any

import torch

from genlab.engine.stream import Batch
from genlab.engine.updates import GradientUpdate, Terms


def network_updates(
    name: str,
    optimizer: torch.optim.Optimizer,
    objective: Callable[[Batch], Terms],
    lazy: Callable[[Batch], Terms] | None,  # objective of the lazy steps; None: no lazy steps
    every: int,  # turns between two lazy steps
) -> dict[str, GradientUpdate]:
    """Return the updates of one network, generator or critic, in order; adjusts the optimizer if there are lazy steps."""
    if lazy is None:
        return {name: GradientUpdate(objective, optimizer)}
    for group in optimizer.param_groups:
        stretch(group, every)
    return {
        name: GradientUpdate(objective, optimizer),
        f"{name}_regularisation": GradientUpdate(lazy, optimizer, every=every, shared=True),
    }


def stretch(group: dict[str, Any], every: int) -> None:
    """Adjust Adam to one additional step every k turns: with c = k / (k + 1), learning rate c lr and betas beta^c, in place.

    arXiv:1912.04958, appendix B.
    """
    c = every / (every + 1)
    group["lr"] *= c
    if "betas" in group:
        group["betas"] = tuple(beta**c for beta in group["betas"])

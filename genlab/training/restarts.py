"""Warm restarts: after a number that is not finite, training returns to the last good state with lower learning rates."""

from typing import Any

import torch

from genlab.engine.recipe import Recipe
from genlab.errors import InputError


class Restarts:
    """The last good state of a training, and the number of restarts that are left.

    Good states are taken at multiples of `checkpoint_every` images and are part of saved states, so that a training that is stopped in
    between restarts from the same one.
    """

    def __init__(
        self,
        most: int,  # largest number of restarts; 0: none
        factor: float,  # of the learning rates at each restart
    ):
        if not 0 < factor < 1:
            raise InputError(f"monitoring.restart_factor: got {factor}, expected a factor of the learning rates, between 0 and 1.")
        self.most, self.factor, self.done = most, factor, 0
        self.good: dict[str, Any] | None = None

    def remember(self, state: dict[str, Any]) -> None:
        """Keep a copy of a state on the CPU as the last good one, if there are restarts."""
        if self.most:
            self.good = {**on_cpu(state), "restarts": self.done}

    def back(self, recipe: Recipe) -> dict[str, Any] | None:
        """Begin a restart: return a copy of the last good state; None if no restart is left or the recipe has no learning rate."""
        if self.good is None or self.done >= self.most or not recipe.gradient_updates():
            return None
        self.done += 1
        return dict(on_cpu(self.good))

    def lower_rates(self, recipe: Recipe) -> float:
        """Lower the learning rates of a recipe in the last good state; return their factor relative to the initial ones.

        An optimizer that several updates share is scaled once. The rates are part of its saved state.
        """
        assert self.good is not None  # `back` has returned it
        factor = self.factor ** (self.done - self.good["restarts"])
        for optimizer in {id(update.optimizer): update.optimizer for update in recipe.gradient_updates().values()}.values():
            for group in optimizer.param_groups:
                group["initial_lr"] *= factor
                group["lr"] *= factor
        return float(self.factor**self.done)

    def state_dict(self) -> dict[str, Any]:
        """Return the last good state and the number of restarts, as tensors and primitives; {} if there are no restarts."""
        return {"done": self.done, "good": self.good} if self.most else {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore a state returned by `state_dict`."""
        if self.most and state:
            self.done, self.good = state["done"], on_cpu(state["good"])


def on_cpu(value: Any) -> Any:
    """Copy nested dicts, lists and tuples; tensors are copied to the CPU, other values are kept."""
    if isinstance(value, torch.Tensor):
        return value.detach().to("cpu", copy=True)
    if isinstance(value, dict):
        return {key: on_cpu(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(on_cpu, value))
    return value

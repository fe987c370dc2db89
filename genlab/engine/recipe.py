"""The base class of recipes: networks, pools and running means, the updates that change them, and their whole state."""

from typing import Any

from torch import nn

from genlab.engine.precision import Precision
from genlab.engine.stream import Batch
from genlab.engine.updates import GradientUpdate, Update


class Recipe(nn.Module):
    """A way of learning: owns networks, pools and running means, so that state_dict() holds all of them."""

    kinds: tuple[str, ...]  # of image sets that it learns from: unlabelled, labelled, paired, unpaired
    classes: int = 0  # of a sampler: how many labels it is told beside the latents; 0: none
    noise_size: int = 0  # of a sampler: how many numbers from N(0, 1) it takes beside the latents; 0: none
    batches_per_turn: int = 1  # batches of the stream that are joined into the batch of a turn; set_progress may change it
    updates: dict[str, Update]  # taken in this order, once a turn; state outside the recipe only in a GradientUpdate

    def set_progress(self, progress: float) -> None:
        """Move the schedules to this share of the budget, in [0, 1]."""

    def finalise(self) -> None:
        """After the last turn: what only the final weights can tell. A function of them and of torch's random numbers: done twice it is the
        same."""

    def check(self, batch: Batch) -> None:
        """Raise an InputError if the networks cannot take images of this shape."""

    def finished(self) -> bool:
        """Whether more turns would change nothing, though budget is left."""
        return False

    def measures(self, batch: Batch) -> dict[str, float]:
        """Other numbers that describe what it has learnt, by held-out images."""
        return {}

    def facts(self) -> dict[str, Any]:
        """What a release says of the model beside its description, JSON-able."""
        return {}

    def gradient_updates(self) -> dict[str, GradientUpdate]:
        return {name: update for name, update in self.updates.items() if isinstance(update, GradientUpdate)}

    def use(self, precision: Precision) -> None:
        """Compute in this precision from now on. Before load_training_state: the gradients' scale is part of the state."""
        for update in self.gradient_updates().values():
            if update.precision != precision:
                update.use(precision)

    def training_state(self) -> dict[str, Any]:
        """All that the next turn depends on, but for the stream's place: tensors and primitives only."""
        return {
            "recipe": self.state_dict(),
            "updates": {name: update.state_dict() for name, update in self.gradient_updates().items()},
        }

    def load_training_state(self, state: dict[str, Any]) -> None:
        self.load_state_dict(state["recipe"])
        for name, update in self.gradient_updates().items():
            update.load_state_dict(state["updates"][name])

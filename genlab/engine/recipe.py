"""The base class of recipes, which own networks, pools and running means, and the updates that train them."""

from collections.abc import Collection
from typing import Any

from torch import Tensor, nn

from genlab.engine import ranks
from genlab.engine.division import Division
from genlab.engine.precision import Precision
from genlab.engine.stream import Batch
from genlab.engine.updates import GradientUpdate, Update


class Recipe(nn.Module):
    """Base class of trainable models. Owns networks, pools and running means, so that state_dict() holds all of them."""

    kinds: tuple[str, ...]  # of image sets that it trains on: unlabelled, labelled, paired, unpaired
    classes: int = 0  # number of classes that samples are conditional on; 0: unconditional
    noise_size: int = 0  # numbers from N(0, 1) per sample in addition to the latent; 0: none
    batches_per_turn: int = 1  # batches of the stream that are joined into the batch of a turn; set_progress may change it
    averages_of: tuple[tuple[str, str], ...] = ()  # (network, its moving average, an AveragedModel), by their names in state_dict()
    updates: dict[str, Update]  # applied in this order, once per turn; only a GradientUpdate may hold state outside the recipe

    def set_progress(self, progress: float) -> None:
        """Set the schedules to this share of the budget, in [0, 1]."""

    def schedules(self) -> dict[str, float]:
        """Return what `set_progress` has set, by name: learning rates, and in some recipes the level of growth or the weight of a term."""
        return {f"learning rate of {name}": update.learning_rate for name, update in self.gradient_updates().items() if not update.shared}

    def finalise(self) -> None:
        """Complete the recipe after the last turn, e.g. recompute statistics with the final weights.

        Must depend on the weights and on torch's random numbers only, so that a second call gives the same result.
        """

    def check(self, batch: Batch) -> None:
        """Check that the networks accept the images of a batch.

        Raises:
            InputError: they do not.
        """

    def finished(self) -> bool:
        """Whether further turns would change nothing, even if the budget is not spent."""
        return False

    def measures(self, batch: Batch) -> dict[str, float]:
        """Compute additional measures of the trained recipe on held-out images, by name."""
        return {}

    def facts(self) -> dict[str, Any]:
        """Return facts about the model that a release states in addition to its description, JSON-able."""
        return {}

    def critics(self) -> dict[str, nn.Module]:
        """Return the critics by their names in state_dict(); {} without critics."""
        return {}

    def learnt(self) -> dict[str, Tensor]:
        """Return the values that another training may start from, by their names in state_dict(): those of the trained networks.

        Moving averages, and what describes the course of a training, such as pools, probabilities and running means, do not belong to them.
        """
        trained = {id(parameter) for update in self.gradient_updates().values() for parameter in update.parameters}
        networks = [name for name, part in self.named_children() if any(id(each) in trained for each in part.parameters())]
        return {name: value for name, value in self.state_dict(keep_vars=True).items() if name.partition(".")[0] in networks}

    def begin_from(self, missing: Collection[str]) -> None:
        """Prepare for a training that starts from values of another one; `missing` names the learnt values that it did not have.

        Raises:
            InputError: the recipe cannot start without these.
        """

    def gradient_updates(self) -> dict[str, GradientUpdate]:
        """Return the updates that descend a gradient, by name."""
        return {name: update for name, update in self.updates.items() if isinstance(update, GradientUpdate)}

    def use(self, precision: Precision) -> None:
        """Compute in this precision from now on. Call it before load_training_state, since the gradient scale is part of the state."""
        for update in self.gradient_updates().values():
            if update.precision != precision:
                update.use(precision)

    def relating_images(self) -> list[str]:
        """Name what relates the images of a batch to each other in this recipe's objectives, other than layers of its networks.

        Such an objective cannot be computed from parts of a batch.
        """
        return []

    def divide(self, accumulate: int) -> None:
        """From now on, compute gradients on the parts of a batch: one per rank, times the number that each rank accumulates."""
        for update in self.gradient_updates().values():
            update.division = Division(self, accumulate) if accumulate * ranks.count() > 1 else None

    def training_state(self) -> dict[str, Any]:
        """Return everything that the next turn depends on, except the position in the stream, as tensors and primitives only."""
        return {
            "recipe": self.state_dict(),
            "updates": {name: update.state_dict() for name, update in self.gradient_updates().items()},
        }

    def load_training_state(self, state: dict[str, Any]) -> None:
        """Restore a state returned by `training_state`."""
        self.load_state_dict(state["recipe"])
        for name, update in self.gradient_updates().items():
            update.load_state_dict(state["updates"][name])

"""Updates, which change the state of a recipe once per turn; most descend a gradient."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

from genlab.engine.clipping import limits_of
from genlab.engine.division import Division
from genlab.engine.precision import FULL_PRECISION, Precision
from genlab.engine.stream import Batch, Stream

Terms = dict[str, Tensor]  # named scalars; the one called "loss" is minimised


Update = Callable[[Stream], Terms]  # anything that changes the recipe's state


class GradientUpdate:
    """Minimises an objective with respect to the parameters of its optimizer, e.g. those of one network.

    Calls `loss.backward(inputs=parameters)`: other networks need not be frozen, and no unused gradient is computed.
    """

    def __init__(
        self,
        objective: Callable[[Batch], Terms],
        optimizer: torch.optim.Optimizer,  # of the parameters to change
        repeats: int = 1,  # steps per turn; the first uses the batch of the turn, each further one takes a new batch
        every: int = 1,  # turns between two steps (lazy regularisation)
        constraint: Callable[[], None] | None = None,  # called after each step, e.g. clipping
        shared: bool = False,  # True if another update uses the same optimizer and saves its state
    ):
        self.objective, self.optimizer = objective, optimizer
        self.repeats, self.every, self.constraint, self.shared = repeats, every, constraint, shared
        self.division: Division | None = None  # None: batches are not divided
        self.parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
        for group in optimizer.param_groups:
            group.setdefault("initial_lr", group["lr"])
        self.limits = limits_of(optimizer)  # None: gradients are not clipped
        self.use(FULL_PRECISION)

    def use(self, precision: Precision) -> None:
        """Compute the objective in this precision from now on; fp16 gradients are scaled."""
        self.precision = precision
        self.scaler = torch.amp.GradScaler(precision.device.type, enabled=precision.scaled)

    def __call__(self, stream: Stream) -> Terms:
        terms: Terms = {}
        if not stream.is_due(self.every):
            return terms
        for repeat in range(self.repeats):
            batch = stream.batch if repeat == 0 else next(stream)
            self.optimizer.zero_grad(set_to_none=True)
            if self.division is None:
                terms = self.terms(batch)
                self.backward(terms["loss"])
            else:
                terms = self.division.differentiate(self.terms, self.backward, batch, stream.batches_per_turn, self.parameters)
            if self.limits is not None:
                self.scaler.unscale_(self.optimizer)  # the limits are those of unscaled gradients
                terms |= self.limits.apply(self.parameters)
            elif repeat == self.repeats - 1 and not self.scaler.is_enabled():  # scaled ones may overflow; the scaler then skips the step
                terms["gradient_norm"] = torch.nn.utils.get_total_norm(
                    [parameter.grad for parameter in self.parameters if parameter.grad is not None]
                )
            self.scaler.step(self.optimizer)
            self.scaler.update()
            if self.constraint is not None:
                self.constraint()
        return {name: term.detach() for name, term in terms.items()}

    def terms(self, batch: Batch) -> Terms:
        """Terms of the objective, in the precision of this update."""
        with self.precision.autocast():
            return self.objective(batch)

    def backward(self, loss: Tensor) -> None:
        """Add the gradients of a loss, scaled if the precision needs it, to those of the parameters."""
        self.scaler.scale(loss).backward(inputs=self.parameters)

    @property
    def learning_rate(self) -> float:
        """The present learning rate, of the first group of parameters."""
        return float(self.optimizer.param_groups[0]["lr"])

    def scale_learning_rate(self, factor: float) -> None:
        """Set the learning rate to `factor` times the initial learning rate of the optimizer."""
        for group in self.optimizer.param_groups:
            group["lr"] = group["initial_lr"] * factor

    def state_dict(self) -> dict[str, Any]:
        """Return the state of the gradient scaler and, unless it is shared, of the optimizer."""
        return {"scaler": self.scaler.state_dict()} | ({} if self.shared else {"optimizer": self.optimizer.state_dict()})

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore a state returned by `state_dict`."""
        self.scaler.load_state_dict(state["scaler"])
        if not self.shared:
            self.optimizer.load_state_dict(state["optimizer"])


def parameters_of(modules: Iterable[nn.Module]) -> list[nn.Parameter]:
    """Return the parameters of several modules as one list, in order."""
    return [parameter for module in modules for parameter in module.parameters()]

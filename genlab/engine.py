"""The training engine: a Recipe owns the state, Updates change it, train() takes them in turn.

Randomness is a function of (seed, images seen), and batch i of (seed, i). So nothing random has to be saved, and a run that
is stopped and resumed is bit for bit the run that was not, whatever its caller draws or logs between two turns.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor, nn

from genlab.compute import FULL_PRECISION, Precision
from genlab.errors import InputError
from genlab.seeding import seed_everything

Batch = Mapping[str, Tensor]  # {"image", "label"?} or {"a", "b"}; images (N, C, H, W) in [-1, 1]
Terms = dict[str, Tensor]  # named scalars; the one called "loss" is minimised


class NonFiniteLossError(InputError):
    """A term became NaN or infinite."""


class Source(Protocol):
    """Batches by number. Batch i is a function of (the source's seed, i) alone."""

    epoch: int  # images that there are: so many in a row, from a multiple of it on, hold each once, unless classes are balanced

    def batches(self, start: int) -> Iterator[Batch]: ...


class Stream:
    """A source's batches in order, and the place in it."""

    def __init__(self, source: Source, position: int = 0):
        self.position = position  # how many batches have been taken
        self.turn = 0  # how many had been seen, a turn's first one each, when this turn began
        self.joined = 1  # of the source's batches make one of this turn's
        self.batch: Batch = {}  # the one of this turn
        self._source, self._batches = source, source.batches(position)

    @property
    def epoch(self) -> int:
        """Images of the source that come again and again."""
        return self._source.epoch

    def peek(self) -> Iterator[Batch]:
        """The batches to come, without taking them."""
        return self._source.batches(self.position)

    @property
    def seen(self) -> int:
        """Images, this turn's among them."""
        return (self.turn + self.joined) * (len(next(iter(self.batch.values()))) // self.joined)

    def crosses(self, every: int) -> bool:
        """Whether this turn begins with, or has among its batches, one whose number is a multiple of `every`."""
        return -self.turn % every < self.joined

    def __next__(self) -> Batch:
        taken = [next(self._batches) for _ in range(self.joined)]
        self.position += self.joined
        return taken[0] if len(taken) == 1 else {name: torch.cat([batch[name] for batch in taken]) for name in taken[0]}

    def begin(self, turn: int, joined: int = 1) -> None:
        """Take the batch of this turn."""
        self.turn, self.joined = turn, joined
        self.batch = next(self)


Update = Callable[[Stream], Terms]  # anything that changes the recipe's state


class GradientUpdate:
    """Descend one player's objective along that player's parameters alone.

    `loss.backward(inputs=players)`: nothing is frozen and thawed, and no gradient is computed that nobody uses.
    """

    def __init__(
        self,
        objective: Callable[[Batch], Terms],
        optimizer: torch.optim.Optimizer,  # its parameters are the players
        repeats: int = 1,  # steps a turn; the first sees the turn's batch, each other one a new batch
        every: int = 1,  # turns between two steps (lazy regularisation)
        constraint: Callable[[], None] | None = None,  # called after each step, e.g. clipping
        shared: bool = False,  # the optimizer is another update's too, which keeps its state
    ):
        self.objective, self.optimizer = objective, optimizer
        self.repeats, self.every, self.constraint, self.shared = repeats, every, constraint, shared
        self.players = [parameter for group in optimizer.param_groups for parameter in group["params"]]
        for group in optimizer.param_groups:
            group.setdefault("initial_lr", group["lr"])
        self.use(FULL_PRECISION)

    def use(self, precision: Precision) -> None:
        """Compute the objective in this precision from now on; fp16 gradients are scaled."""
        self.precision = precision
        self.scaler = torch.amp.GradScaler(precision.device.type, enabled=precision.scaled)

    def __call__(self, stream: Stream) -> Terms:
        terms: Terms = {}
        if not stream.crosses(self.every):
            return terms
        for repeat in range(self.repeats):
            batch = stream.batch if repeat == 0 else next(stream)
            self.optimizer.zero_grad(set_to_none=True)
            with self.precision.autocast():
                terms = self.objective(batch)
            self.scaler.scale(terms["loss"]).backward(inputs=self.players)
            if repeat == self.repeats - 1 and not self.scaler.is_enabled():  # scaled gradients may overflow, and their step is left out
                terms["gradient_norm"] = torch.nn.utils.get_total_norm([player.grad for player in self.players if player.grad is not None])
            self.scaler.step(self.optimizer)
            self.scaler.update()
            if self.constraint is not None:
                self.constraint()
        return {name: term.detach() for name, term in terms.items()}

    def scale_learning_rate(self, factor: float) -> None:
        """Learning rate = factor x the one that the optimizer was made with."""
        for group in self.optimizer.param_groups:
            group["lr"] = group["initial_lr"] * factor

    def state_dict(self) -> dict[str, Any]:
        return {"scaler": self.scaler.state_dict()} | ({} if self.shared else {"optimizer": self.optimizer.state_dict()})

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.scaler.load_state_dict(state["scaler"])
        if not self.shared:
            self.optimizer.load_state_dict(state["optimizer"])


class Recipe(nn.Module):
    """A way of learning: owns networks, pools and running means, so that state_dict() holds all of them."""

    kinds: tuple[str, ...]  # of image sets that it learns from: unlabelled, labelled, paired, unpaired
    classes: int = 0  # of a sampler: how many labels it is told beside the latents; 0: none
    noise_size: int = 0  # of a sampler: how many numbers from N(0, 1) it takes beside the latents; 0: none
    joined: int = 1  # batches of the stream that make one of a turn's, as `at` has it
    updates: dict[str, Update]  # taken in this order, once a turn; state outside the recipe only in a GradientUpdate

    def at(self, progress: float) -> None:
        """Move the schedules to this share of the budget, in [0, 1]."""

    def conclude(self) -> None:
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


class Turn(NamedTuple):
    """What is known after a turn."""

    images: int  # seen so far
    terms: dict[str, float]  # "<update>/<term>"


def train(
    recipe: Recipe,
    stream: Stream,
    images: int,  # seen before; 0 for a new run
    budget: int,  # images to see in all
    batch_size: int,
    seed: int,
    precision: Precision = FULL_PRECISION,
) -> Iterator[Turn]:
    """Take turns until the budget is spent, and yield after each: the caller logs, draws, saves, stops.

    Raises:
        NonFiniteLossError: a term is NaN or infinite; the recipe's weights must not be saved.
    """
    recipe.use(precision)
    while images < budget and not recipe.finished():
        seed_everything(seed, images)
        recipe.at(images / budget)
        stream.begin(images // batch_size, recipe.joined)
        terms = {f"{name}/{term}": value for name, update in recipe.updates.items() for term, value in update(stream).items()}
        images += batch_size * recipe.joined
        yield Turn(images, finite(terms, images))
    seed_everything(seed, images)
    recipe.conclude()


def finite(terms: Terms, images: int) -> dict[str, float]:
    """The terms as numbers, with one transfer from the device.

    Raises:
        NonFiniteLossError: naming the terms and the image count.
    """
    values = dict(zip(terms, torch.stack([value.float() for value in terms.values()]).tolist(), strict=True)) if terms else {}
    bad = {name: value for name, value in values.items() if not math.isfinite(value)}
    if bad:
        listed = ", ".join(f"{name} = {value}" for name, value in bad.items())
        raise NonFiniteLossError(
            f"{listed} after {images:,} images; a finite number was expected. Lower the learning rate, or use `precision: fp32`: "
            "that trains anew, while the same settings would come to the same number. The last good state is kept."
        )
    return values


def weight_sums(recipe: Recipe) -> Terms:
    """A sum for each network, pool and average: not finite if anything in it is not."""
    sums: Terms = {}
    for name, value in recipe.state_dict().items():
        owner = f"{name.split('.')[0]}/weights"
        sums[owner] = sums.get(owner, 0) + value.double().sum().cpu()
    return sums


def parameters_of(modules: Iterable[nn.Module]) -> list[nn.Parameter]:
    """The parameters of several modules, in order: one player."""
    return [parameter for module in modules for parameter in module.parameters()]

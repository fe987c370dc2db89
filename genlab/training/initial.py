"""Initial values of a training from an earlier one (fine-tuning): what matches by name and shape is loaded, the rest is listed.

With FreezeD (Mo et al. 2020, arXiv:2002.10964), the first layers of the critics keep the loaded values.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Self, cast

import torch
from torch import Tensor, nn

from genlab.engine.capabilities import Infers, Samples, Translates
from genlab.engine.recipe import Recipe
from genlab.errors import InputError
from genlab.networks.first_layers import CountedFromEnd, HasFirstLayers
from genlab.training.source import Source, read

MOST_NAMED = 6  # names in a list of a message


@dataclass(frozen=True)
class Initial:
    """From which weights a training starts."""

    source: Source
    average: bool = False  # start from the source's moving average of the generator; a release holds nothing else
    freeze: int = 0  # number of first layers of each critic that keep the loaded values

    @classmethod
    def of(cls, path: str | Path, average: bool = False, freeze: int = 0) -> Self:
        """Read a release folder or a checkpoint.

        Raises:
            InputError: it cannot be read.
        """
        return cls(read(path), average, freeze)

    def settings(self) -> dict[str, str | int]:
        """Everything that determines what is loaded and frozen; the place of the source does not."""
        return {"sha256": self.source.sha256, "kind": self.source.kind, "average": self.average, "freeze": self.freeze}


class Match(NamedTuple):
    """Comparison of a recipe with a source, by names in the recipe's state_dict()."""

    values: dict[str, Tensor]  # that have the name and the shape of the recipe's
    missing: list[str]  # that the source does not have
    shapes: dict[str, tuple[tuple[int, ...], tuple[int, ...]]]  # that have other shapes: (source's, recipe's)
    unused: list[str]  # that the recipe does not have


class Started(NamedTuple):
    """How a training has started: the record of what was loaded and frozen."""

    name: str  # of the source
    sha256: str
    lines: list[str]  # one per network, in words
    loaded: int  # number of values
    wanted: int  # number of values of the recipe's networks
    frozen: list[str]


def match(recipe: Recipe, initial: Initial) -> Match:
    """Compare the learnt values of a recipe with a source.

    Raises:
        InputError: the source is of another class of recipe, has no moving average although that was asked for, or nothing matches.
    """
    source, wanted = initial.source, recipe.learnt()
    ours = f"{type(recipe).__module__}.{type(recipe).__name__}"
    if source.recipe not in ("", ours):
        raise InputError(
            f"initial.from: {source.name} was trained as a {source.recipe}, this recipe is a {ours}; expected the same class: the "
            "networks of others learn something else. Name a model of the same class, or remove `initial`."
        )
    given = renumbered(recipe, of_release(recipe, source) if source.checkpoint is None else of_checkpoint(recipe, initial))
    found = Match({}, [], {}, [name for name in given if name not in wanted])
    for name, value in wanted.items():
        if name not in given:
            found.missing.append(name)
        elif given[name].shape != value.shape:
            found.shapes[name] = (tuple(given[name].shape), tuple(value.shape))
        else:
            found.values[name] = given[name]
    if not any(value.dim() > 1 for value in found.values.values()):  # gains and biases may agree by accident
        raise InputError(
            f"initial.from: nothing of {source.name} fits this recipe. It has {listed(shaped(given))}; the recipe has "
            f"{listed(shaped(wanted))}. Expected weights of the same names and shapes: use the networks of the source, with its widths."
        )
    return found


def of_checkpoint(recipe: Recipe, initial: Initial) -> dict[str, Tensor]:
    """Values of a checkpoint by the recipe's names, without those of moving averages, or with these instead of the trained networks.

    Raises:
        InputError: the moving average is asked for, and the checkpoint has none.
    """
    weights = cast(Mapping[str, Tensor], initial.source.checkpoint)
    owners = {f"{average}.module.": f"{network}." for network, average in recipe.averages_of}
    averages = {ours + name.removeprefix(theirs): value for theirs, ours in owners.items() for name, value in within(weights, theirs)}
    if initial.average and not averages:
        raise InputError(
            f"initial.average: got true, but {initial.source.name} has no moving average: it was trained without. Set it to false, to "
            "start from the trained networks."
        )
    parts = {name.partition(".")[0] for name in recipe.state_dict()} | {average.partition(".")[0] for _, average in recipe.averages_of}
    networks = {name.partition(".")[0] for name in recipe.learnt()}  # pools, probabilities and averages are not compared
    kept = {name: value for name, value in weights.items() if (part := name.partition(".")[0]) in networks or part not in parts}
    return kept | (averages if initial.average else {})


def of_release(recipe: Recipe, source: Source) -> dict[str, Tensor]:
    """Values of a release by the recipe's names. A name is found by the tensor that a network of a release shares with the recipe."""
    state = recipe.state_dict(keep_vars=True)
    averages = {f"{average}.module.": f"{network}." for network, average in recipe.averages_of}
    names: dict[int, str] = {}
    for name, value in state.items():
        prefix = next((each for each in averages if name.startswith(each)), "")
        names[id(value)] = averages.get(prefix, "") + name.removeprefix(prefix)
    networks = cast(Samples, recipe).generators() if isinstance(recipe, Samples | Translates) else {}
    networks = networks | (recipe.inference() if isinstance(recipe, Infers) else {})
    given: dict[str, Tensor] = {}
    for network, weights in source.networks.items():
        ours = networks[network].state_dict(keep_vars=True) if network in networks else {}
        for name, value in weights.items():
            given[names.get(id(ours.get(name)), f"{network}.{name}")] = value
    return given


def renumbered(recipe: Recipe, given: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Rename the items of lists that are counted from their ends, so that the last of the source is the last of the recipe."""
    found = dict(given)
    for path, module in recipe.named_modules():
        for name in module.counted_from_end if isinstance(module, CountedFromEnd) else ():
            prefix, own = f"{path}.{name}.", cast(nn.ModuleList, module.get_submodule(name))
            items = {key: int(key.removeprefix(prefix).partition(".")[0]) for key in found if key.startswith(prefix)}
            more = len(own) - (max(items.values(), default=len(own) - 1) + 1)
            moved = {f"{prefix}{at + more}.{key.removeprefix(prefix).partition('.')[2]}": found[key] for key, at in items.items()}
            found = {key: value for key, value in found.items() if key not in items} | moved
    return found


@torch.no_grad()
def load(recipe: Recipe, found: Match) -> None:
    """Set the matching values of a recipe, in place; its moving averages start at the loaded networks.

    Raises:
        InputError: the recipe cannot start from a part of its values.
    """
    state = recipe.state_dict(keep_vars=True)
    for name, value in found.values.items():
        state[name].copy_(value)
    for network, average in recipe.averages_of:
        for name, value in within(state, f"{network}."):
            if (averaged := state.get(f"{average}.module.{name.removeprefix(f'{network}.')}")) is not None:
                averaged.copy_(value)
    recipe.begin_from([*found.missing, *found.shapes])


def freeze(recipe: Recipe, layers: int, found: Match) -> list[str]:
    """Exclude the loaded parameters of the first layers of each critic from all updates -> their names.

    They get no gradient, and the optimizer leaves them as they are. Parameters of these layers that were not loaded, such as those of a
    convolution of another number of channels, learn. Buffers, such as running statistics, go on changing.

    Raises:
        InputError: the recipe has no critic, a critic does not state its layers or has fewer, or none of them was loaded.
    """
    if layers == 0:
        return []
    if layers < 0 or not recipe.critics():
        reason = "expected 0 or a number of layers" if layers < 0 else f"but {type(recipe).__name__} has no critic"
        raise InputError(f"initial.freeze: got {layers}, {reason}. Set it to 0.")
    loaded, frozen = {id(recipe.get_parameter(name)) for name in parameters(recipe, found.values)}, list[nn.Parameter]()
    for name, critic in recipe.critics().items():
        first = critic.first_layers() if isinstance(critic, HasFirstLayers) else []
        if layers > len(first):
            raise InputError(
                f"initial.freeze: got {layers}, but {name}, a {type(critic).__name__} ({type(critic).__module__}), has {len(first)} "
                "layers that can be frozen: all but the last (genlab.networks.first_layers). Lower it."
            )
        inside = [each for modules in first[:layers] for module in modules for each in module.parameters() if id(each) in loaded]
        if not inside:
            raise InputError(
                f"initial.freeze: got {layers}, but the source has no weights for these layers of {name}, and random ones should learn. "
                "A release has no critic: start from the checkpoint of the same training, or set `freeze` to 0."
            )
        frozen += inside
    excluded = {id(parameter) for parameter in frozen}
    for parameter in frozen:
        parameter.requires_grad_(False)
    for update in recipe.gradient_updates().values():
        update.parameters = [parameter for parameter in update.parameters if id(parameter) not in excluded]
    return [name for name, parameter in recipe.named_parameters() if id(parameter) in excluded]


def start(recipe: Recipe, initial: Initial, is_new: bool) -> Started:
    """Freeze layers and, if the training is new, load the values of the source -> what was done.

    A resumed training has its own values already, and never loads those of the source again.

    Raises:
        InputError: as in `match`, `load` and `freeze`.
    """
    found = match(recipe, initial)
    frozen = freeze(recipe, initial.freeze, found)
    if is_new:
        load(recipe, found)
    wanted = recipe.learnt()
    loaded, size = (sum(value.numel() for value in values.values()) for values in (found.values, wanted))
    return Started(initial.source.name, initial.source.sha256, [*in_words(recipe, initial, found, frozen)], loaded, size, frozen)


def in_words(recipe: Recipe, initial: Initial, found: Match, frozen: Collection[str]) -> Iterator[str]:
    """Lines on what was loaded of each network, what was not, what was not used, and what is frozen."""
    wanted = recipe.learnt()
    for part in dict.fromkeys(name.partition(".")[0] for name in wanted):
        names = [name for name in wanted if name.partition(".")[0] == part]
        loaded = [name for name in names if name in found.values]
        if not loaded:
            why = f"a {initial.source.kind} without it" if not any(name in found.shapes for name in names) else "all shapes differ"
            yield f"{part}: starts from scratch ({why})"
            continue
        share = sum(wanted[name].numel() for name in loaded) / sum(wanted[name].numel() for name in names)
        text = f"{part}: {len(loaded)} of {len(names)} tensors loaded, {100 * share:.1f} % of the values"
        shapes = [f"{name} {times(found.shapes[name][0])}, here {times(found.shapes[name][1])}" for name in names if name in found.shapes]
        missing = [name for name in names if name in found.missing]
        text += f"; other shape: {listed(shapes)}" if shapes else ""
        yield text + (f"; not in the source: {listed(missing)}" if missing else "")
    if found.unused:
        yield f"not used: {listed(found.unused)}"
    if frozen:
        yield f"frozen: {listed(frozen)}"


def parameters(recipe: Recipe, names: Collection[str]) -> list[str]:
    """Those of the names that are parameters, not buffers."""
    known = {name for name, _ in recipe.named_parameters()}
    return [name for name in names if name in known]


def within(values: Mapping[str, Tensor], prefix: str) -> list[tuple[str, Tensor]]:
    """The items whose names begin with a prefix."""
    return [(name, value) for name, value in values.items() if name.startswith(prefix)]


def shaped(values: Mapping[str, Tensor]) -> list[str]:
    """Names of tensors with their shapes, matrices first, which tell networks apart."""
    return [f"{name} ({times(tuple(value.shape))})" for name, value in sorted(values.items(), key=lambda item: item[1].dim() < 2)]


def times(shape: tuple[int, ...]) -> str:
    """A shape in words: `3 x 96 x 1 x 1`, or `scalar`."""
    return " x ".join(map(str, shape)) or "scalar"


def listed(names: Collection[str]) -> str:
    """The first names, and the number of the others."""
    shown = ", ".join(list(names)[:MOST_NAMED])
    return shown + (f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else "") if names else "nothing"

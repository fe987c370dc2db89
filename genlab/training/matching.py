"""Comparison of a recipe with the weights of an earlier training, by name and shape, and loading of what matches."""

from collections.abc import Collection, Mapping
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn

from genlab.engine.capabilities import Infers, Samples, Translates
from genlab.engine.recipe import Recipe
from genlab.errors import InputError
from genlab.networks.first_layers import CountedFromEnd
from genlab.training.source import Source

MOST_NAMED = 6  # names in a list of a message


class Match(NamedTuple):
    """Comparison of a recipe with a source, by names in the recipe's state_dict()."""

    values: dict[str, Tensor]  # that have the name and the shape of the recipe's
    missing: list[str]  # that the source does not have
    shapes: dict[str, tuple[tuple[int, ...], tuple[int, ...]]]  # that have other shapes: (source's, recipe's)
    unused: list[str]  # that the recipe does not have


def match(
    recipe: Recipe,
    source: Source,
    average: bool = False,  # take the source's moving average for the generator
) -> Match:
    """Compare the learnt values of a recipe with a source.

    Raises:
        InputError: the source is of another class of recipe, has no moving average although that was asked for, or nothing matches.
    """
    wanted = recipe.learnt()
    ours = f"{type(recipe).__module__}.{type(recipe).__name__}"
    if source.recipe not in ("", ours):
        raise InputError(
            f"initial.from: {source.name} was trained as a {source.recipe}, this recipe is a {ours}; expected the same class: the "
            "networks of others learn something else. Name a model of the same class, or remove `initial`."
        )
    given = renumbered(recipe, of_release(recipe, source) if source.checkpoint is None else of_checkpoint(recipe, source, average))
    found = Match({}, [], {}, sorted({*given} - {*recipe.state_dict()}))  # counters and sums are known, and not taken over
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


def of_checkpoint(recipe: Recipe, source: Source, average: bool) -> dict[str, Tensor]:
    """Values of a checkpoint by the recipe's names, without those of moving averages, or with these instead of the trained networks.

    Raises:
        InputError: the moving average is asked for, and the checkpoint has none.
    """
    weights = cast(Mapping[str, Tensor], source.checkpoint)
    owners = {f"{averaged}.module.": f"{network}." for network, averaged in recipe.averages_of}
    averages = {ours + name.removeprefix(theirs): value for theirs, ours in owners.items() for name, value in within(weights, theirs)}
    if average and not averages:
        raise InputError(
            f"initial.average: got true, but {source.name} has no moving average: it was trained without. Set it to false, to "
            "start from the trained networks."
        )
    parts = {name.partition(".")[0] for name in recipe.state_dict()} | {averaged.partition(".")[0] for _, averaged in recipe.averages_of}
    networks = {name.partition(".")[0] for name in recipe.learnt()}  # pools, probabilities and averages are not compared
    kept = {name: value for name, value in weights.items() if (part := name.partition(".")[0]) in networks or part not in parts}
    return kept | (averages if average else {})


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

"""A training that goes on under another budget: which saved state it continues, and what changes."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from genlab.engine.recipe import Recipe
from genlab.errors import InputError
from genlab.training.settings import Budget
from genlab.training.state import Experiment, Stopped, flat

BUDGET = "budget.images"
FREE = (BUDGET, "log_every")  # settings that may change: the second decides the rows of the history only
POINTS = 21  # shares of the past at which schedules under two budgets are compared


def continued(
    experiment: Experiment,
    others: Mapping[str, Stopped],  # key -> saved training
    budget: Budget,
) -> str:
    """Return the key of the training that differs from an experiment in its budget only, the longest one; "" if there is none.

    Raises:
        InputError: all such trainings have seen more images than the budget.
    """
    found = {key: each for key, each in others.items() if is_same_but_longer(experiment, each.experiment)}
    fitting = [key for key, each in found.items() if each.images <= budget.images]
    if found and not fitting:
        check_budget(min(each.images for each in found.values()), budget)
    return max(fitting, key=lambda key: found[key].images, default="")


def check_budget(seen: int, budget: Budget) -> None:  # seen: number of images
    """Check that a budget is not below the number of images seen already.

    Raises:
        InputError: it is.
    """
    if seen > budget.images:
        raise InputError(
            f"budget.images: got {budget.images:,}, but this training has seen {seen:,} images already; expected at least as many. "
            f"{seen:,} takes its weights as they are, to evaluate and release them, and a larger number trains on. To train for "
            f"{budget.images:,} images from the beginning instead, set `monitoring.resume: exact`."
        )


def is_same_but_longer(one: Experiment, other: Experiment) -> bool:
    """Whether two experiments differ in their budgets and in nothing else that decides the weights."""
    differing = differing_settings(one, other)
    return BUDGET in differing and differing <= {*FREE} and one.data == other.data and one.code == other.code


def differs_in_code(one: Experiment, other: Experiment) -> bool:
    """Whether two experiments differ in their code, in their budgets, and in nothing else that decides the weights."""
    differing = differing_settings(one, other)
    return BUDGET in differing and differing <= {*FREE} and one.data == other.data and one.code != other.code


def differing_settings(one: Experiment, other: Experiment) -> set[str]:
    """Names of the settings in which two experiments differ."""
    ours, theirs = flat(one.settings), flat(other.settings)
    return {name for name in {**ours, **theirs} if ours.get(name) != theirs.get(name)}


def changes(
    recipe: Recipe,
    images: int,  # number of images seen so far
    former: int,  # budget under which they were seen
    budget: int,
) -> list[str]:
    """Describe how schedules at this point change with the budget, one string per schedule, e.g. `learning rate of critic: 0, now 0.0001`.

    Sets the recipe's progress to that of the budget.
    """
    before = schedules_at(recipe, images / former)
    now = schedules_at(recipe, images / budget)
    return [f"{name}: {before.get(name, 0):.4g}, now {value:.4g}" for name, value in now.items() if before.get(name) != value]


def has_equal_past(recipe: Recipe, images: int, former: int, budget: int) -> bool:
    """Whether all schedules until now were those of the budget, so that the result equals that of a straight training."""
    places = [images * point / (POINTS - 1) for point in range(POINTS)]
    return all(schedules_at(recipe, min(1, place / former)) == schedules_at(recipe, place / budget) for place in places)


def schedules_at(recipe: Recipe, progress: float) -> dict[str, float]:
    """Set a recipe's progress, and return its schedules."""
    recipe.set_progress(min(progress, 1.0))
    return recipe.schedules()


def announcement(
    recipe: Recipe,
    images: int,  # number of images seen so far
    former: int,  # budget under which they were seen
    budget: int,
) -> str:
    """Describe in words that a training continues under another budget, and what that changes. Sets the recipe's progress."""
    done = (
        f"This training was complete after {images:,} images" if images >= former else f"This training saw {images:,} of {former:,} images"
    )
    equal = has_equal_past(recipe, images, former, budget)
    changed = changes(recipe, images, former, budget)
    if images >= budget:
        return f"{done}. Its weights are taken as they are: the budget is {budget:,} now."
    if equal:
        return f"{done} and goes on to {budget:,}. No schedule depends on the budget: the result equals a straight training to {budget:,}."
    listed = "; ".join(changed) or "none at this point"
    return f"{done} and goes on to {budget:,}. Schedules are functions of the share of the budget, which change: {listed}."


def overwritten(before: Mapping[str, Tensor], recipe: Recipe) -> dict[str, Tensor]:
    """Return the values of a state_dict that differ from the recipe's: those that its completion has replaced."""
    now = recipe.state_dict()
    return {name: value for name, value in before.items() if not torch.equal(value, now[name].to(value.device))}


def with_overwritten(saved: Mapping[str, Any]) -> dict[str, Any]:
    """The training state in a saved state as it was before the recipe was completed."""
    training: dict[str, Any] = dict(saved["training"])
    return training | {"recipe": {**training["recipe"], **saved.get("overwritten", {})}}

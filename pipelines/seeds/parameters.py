"""The entry `seeds` in the parameters: which recipe is trained under which seeds."""

from collections.abc import Mapping
from typing import Any

from genlab.build import ConfigurationError, suggestion
from pipelines.configuration import recipes
from pipelines.entries import wrong_keys

SEEDS = "seeds"  # key in the parameters, name of the pipeline, and first part of the names of its datasets
KEYS = ("recipe", "count", "first")
LEAST = 2  # one value has no spread


def wrong_entry(entry: Any, known: Mapping[str, Any]) -> str:
    """Why the entry `seeds` cannot be used, and what to write instead; "" for a usable one. `known` has all recipes by name."""
    if wrong := wrong_keys(SEEDS, entry, KEYS):
        return wrong
    recipe, count, first = (entry.get(key) for key in KEYS)
    if recipe not in [*known]:
        return (
            f"{SEEDS}.recipe: got {recipe!r}, expected the name of a recipe.{suggestion(str(recipe), known)} There are: {', '.join(known)}."
        )
    if type(count) is not int or count < LEAST:
        return f"{SEEDS}.count: got {count!r}, expected a whole number from {LEAST} on: one training has no spread."
    if type(first) is not int or first < 0:
        return f"{SEEDS}.first: got {first!r}, expected a whole number from 0 on, the first seed."
    return ""


def chosen(entry: Mapping[str, Any]) -> range:
    """The seeds of a run."""
    return range(entry["first"], entry["first"] + entry["count"])


def group(recipe: str) -> str:
    """Namespace of what is about all seeds of a recipe: `seeds.gan`."""
    return f"{SEEDS}.{recipe}"


def replica(recipe: str, seed: int) -> str:
    """Namespace of a recipe under one seed: `seeds.gan.3`."""
    return f"{group(recipe)}.{seed}"


def replicas(parameters: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Parameters of the chosen recipe under each seed, by namespace: those of the recipe, with this seed. Empty if the entry is wrong."""
    known, entry = recipes(parameters), parameters.get(SEEDS)
    if wrong_entry(entry, known) or not isinstance(entry, Mapping):
        return {}
    return {replica(entry["recipe"], seed): {**known[entry["recipe"]], "seed": seed} for seed in chosen(entry)}


def check_seed(recipe: str, given: Mapping[str, Any]) -> None:
    """Check that --params does not set the seed of the recipe, which each training replaces.

    Raises:
        ConfigurationError: it does.
    """
    settings = given.get(recipe)
    if isinstance(settings, Mapping) and "seed" in settings:
        raise ConfigurationError(
            f"--params: {recipe}.seed would have no effect, because this pipeline sets the seeds. Give {SEEDS}.first and {SEEDS}.count."
        )

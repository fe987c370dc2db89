"""Checks of the names in the parameters, from YAML and from the command line: each has a form that can be used, and is known."""

import re
from collections.abc import Collection, Mapping
from typing import Any

from genlab.build import ConfigurationError, suggestion
from pipelines.comparison.parameters import COMPARE
from pipelines.configuration import FAMILIES, image_sets, recipes
from pipelines.evaluation.parameters import EVALUATION
from pipelines.fetching.parameters import FETCH
from pipelines.loader import WrongEntry
from pipelines.seeds.parameters import SEEDS
from pipelines.theory.parameters import THEORY
from pipelines.user_study.parameters import USER_STUDY

# Names become those of folders, pipelines, MLflow's models and keys of --params, where a dot separates keys.
FORM = re.compile(r"[^\W_][\w-]*")
REQUIRED = ("images", "seed", "budget", "monitoring", "augmentation", "compute", "release", "model")
RECIPE_KEYS = ("family", *REQUIRED, "initial")
OTHERS = ("images", COMPARE, EVALUATION, FETCH, SEEDS, THEORY, USER_STUDY)  # entries that are no recipes
DESCRIPTIONS = ("augmentation", "compute")


def check_names(
    parameters: Mapping[str, Any],
    given: Mapping[str, Any],  # those of --params
    chosen: Collection[str],  # recipes of this run
    prepared: Collection[str],  # image sets of this run
    others: Collection[str] = (),  # further entries that this run reads, such as `evaluation` or `theory`
) -> None:
    """Check the names at the top of the parameters, the keys of the chosen recipes, and that --params belongs to this run.

    Raises:
        ConfigurationError: a name is unknown, or a value on the command line would have no effect.
    """
    known = [*recipes(parameters), *OTHERS]
    for name in parameters:
        if isinstance(parameters[name], WrongEntry):
            continue  # its pipeline is refused, all others stay usable
        if name not in known and not str(name).startswith("_"):  # names that start with _ are free, for YAML anchors
            where = "--params" if name in given else "conf/"
            raise ConfigurationError(
                f"{where}: '{name}' is no recipe (an entry with a 'model') and none of {', '.join(OTHERS)}.{suggestion(name, known)} "
                "Write a setting of a recipe as <recipe>.<key>, e.g. gan.seed."
            )
    for name in chosen:
        check_entry(name, parameters[name])
    for name in given:
        if name != "images" and name not in (*chosen, *others):
            raise ConfigurationError(
                f"--params: {name} is not part of this run, so its settings would have no effect. "
                f"This run has: {', '.join([*chosen, *(f'images.{each}' for each in prepared), *others])}."
            )
    sets = given.get("images", {})
    for name in sets if isinstance(sets, Mapping) else ():
        if name not in prepared:
            raise ConfigurationError(
                f"--params: the image set '{name}' is not part of this run, so its settings would have no effect."
                f"{suggestion(name, image_sets(parameters))} This run has: {', '.join(prepared)}."
            )


def check_entry(name: str, entry: Mapping[str, Any]) -> None:
    """Check the keys of a recipe, and the values that no other check reads before training.

    Raises:
        ConfigurationError: a key is unknown or missing, or a value has another form.
    """
    seed = entry.get("seed", 0)
    if type(seed) is not int or seed < 0:
        raise ConfigurationError(f"{name}.seed: got {seed!r}, expected a whole number from 0 on.")
    for key in entry:
        if key not in RECIPE_KEYS:
            raise ConfigurationError(
                f"{name}.{key}: a recipe has no key '{key}'.{suggestion(key, RECIPE_KEYS)} It has: {', '.join(RECIPE_KEYS)}."
            )
    for key in REQUIRED:
        if key not in entry:
            raise ConfigurationError(f"{name}: there is no '{key}'. A recipe has: {', '.join(RECIPE_KEYS)}.")
    for key in DESCRIPTIONS:
        given_value = entry.get(key)
        if not (isinstance(given_value, Mapping) and "class" in given_value) and not (given_value is None and key == "augmentation"):
            expected = "{class: genlab...., its arguments}" + (", or null for none" if key == "augmentation" else "")
            raise ConfigurationError(f"{name}.{key}: got {given_value!r}, expected {expected}.")


def wrong_form(
    name: object,  # a key in YAML, which need not be text
    what: str,  # "an image set" or "a recipe"
) -> str:
    """Why a key cannot be the name of an image set or of a recipe, and what to write instead; "" for a usable name."""
    if not isinstance(name, str):
        return f"the name of {what} is text; got {name!r}, which YAML reads as {type(name).__name__}. Write it in quotes: '{name}'."
    if FORM.fullmatch(name):
        return ""
    better = re.sub(r"[^\w-]+", "_", name).strip("_-")
    advice = f"e.g. '{better}'" if FORM.fullmatch(better) else "e.g. 'mine'"
    return f"the name of {what} has letters, digits, _ and -, the first a letter or digit; got '{name}'. Rename it, {advice}."


def taken(
    name: str,
    names: Collection[object],  # of all image sets and recipes
    pipelines: Collection[str],  # names of pipelines that are no recipes
) -> str:
    """Why an image set or a recipe cannot have its name, which something else has as well; "" for a free name.

    Upper and lower case are the same in the file names of macOS and Windows.
    """
    alike = [each for each in names if str(each).casefold() == name.casefold()]
    if len(alike) > 1:
        shared = f"'{alike[0]}' and '{alike[1]}'" if alike[0] != alike[1] else f"'{name}', of an image set and of a recipe,"
        return f"the names {shared} stand for the same folders in data/. Rename one of them."
    if name in FAMILIES or name in pipelines:
        owner = "of a family of recipes" if name in FAMILIES else "of another pipeline"
        return f"the name '{name}' is that {owner}. Rename the recipe."
    return ""

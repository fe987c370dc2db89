"""Checks of the entry `compare` in the parameters."""

from collections.abc import Mapping
from typing import Any

from genlab.build import suggestion
from pipelines.entries import wrong_keys

COMPARE = "compare"  # key in the parameters, namespace of the datasets, and name of the pipeline
KEYS = ("images", "source", "recipes")
PROJECT, MLFLOW = "project", "mlflow"
SOURCES = (PROJECT, MLFLOW)


def wrong_entry(
    entry: Any,
    sets: Mapping[str, Any],  # image sets by name
    known: Mapping[str, Mapping[str, Any]],  # recipes by name
) -> str:
    """Why the entry `compare` cannot be used, and what to write instead; "" for a usable one."""
    if wrong := wrong_keys(COMPARE, entry, KEYS):
        return wrong
    images, source, names = (entry.get(key) for key in KEYS)
    if not isinstance(images, str) or images not in sets:
        return f"{COMPARE}.images: got {images!r}, expected the name of an image set.{suggestion(str(images), sets)} There are: " + (
            f"{', '.join(map(str, sets))}."
        )
    if source not in SOURCES:
        return f"{COMPARE}.source: got {source!r}, expected one of {', '.join(SOURCES)}.{suggestion(str(source), SOURCES)}"
    if names is not None and not isinstance(names, str | list):
        return f"{COMPARE}.recipes: got {names!r}, expected null for all recipes, or a list of names."
    for name in chosen(entry) or ():
        if name not in known:
            return f"{COMPARE}.recipes: '{name}' is no recipe.{suggestion(str(name), known)} There are: {', '.join(map(str, known))}."
    if names is not None and not chosen(entry):
        return f"{COMPARE}.recipes: got {names!r}, expected null for all recipes, or at least one name."
    return ""


def chosen(entry: Mapping[str, Any]) -> list[str] | None:
    """The recipes to compare, from a list, or from names with spaces between them, which the command line can give; None for all."""
    names = entry.get("recipes")
    return names.split() if isinstance(names, str) else names

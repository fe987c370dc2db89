"""Recipes, families and image sets in the parameters: those of the current session, else those on disk."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipelines import session

# Recipes that are compared: `family:` in a recipe's YAML. Each is a pipeline that runs them all, and a page in docs/results.
FAMILIES = ("adversarial", "conditional", "style", "translation", "latent_variables")


def project() -> Path:
    """The project's folder."""
    return session.current().project


def recipes(parameters: Mapping[str, Any] | None = None) -> dict[str, dict[str, Any]]:
    """Recipe name -> its parameters, by name: every top-level entry that describes a model. Without `parameters`, the current session's."""
    parameters = session.current().parameters if parameters is None else parameters
    found = {name: entry for name, entry in parameters.items() if isinstance(entry, dict) and "model" in entry}
    return dict(sorted(found.items()))  # Kedro reads the files in any order


def image_sets(parameters: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Image set name -> its declaration."""
    return parameters.get("images", {})

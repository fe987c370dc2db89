"""Recipes, families and image sets in the parameters of the current session, or of conf/ if there is no session."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipelines import session

# Values of `family:` in a recipe's YAML. The recipes of a family are compared: one pipeline runs them all, and docs/results has a page.
FAMILIES = ("adversarial", "conditional", "style", "translation", "latent_variables", "original")


def project() -> Path:
    """Path of the project folder."""
    return session.current().project


def recipes(parameters: Mapping[str, Any] | None = None) -> dict[str, dict[str, Any]]:
    """Map each recipe's name to its parameters, sorted by name. A recipe is a top-level entry with a `model`. Names that start
    with _ are free, for YAML anchors.

    Without `parameters`, the recipes of the current session are returned.
    """
    parameters = session.current().parameters if parameters is None else parameters
    named = {name: entry for name, entry in parameters.items() if not str(name).startswith("_")}
    found = {name: entry for name, entry in named.items() if isinstance(entry, dict) and "model" in entry}
    return dict(sorted(found.items(), key=lambda item: str(item[0])))  # Kedro reads the files in no fixed order


def image_sets(parameters: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Map each image set's name to its declaration."""
    found = parameters.get("images", {})
    return found if isinstance(found, dict) else {}


def claims(parameters: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Map each claim of the theory to its description, in the order of the page.

    Without `parameters`, the claims of the current session are returned.
    """
    theory = (session.current().parameters if parameters is None else parameters).get("theory", {})
    found = theory.get("claims", {}) if isinstance(theory, dict) else {}
    return found if isinstance(found, dict) else {}

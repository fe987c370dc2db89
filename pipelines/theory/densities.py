"""Densities by name: claims refer to those that `theory.densities` declares, as recipes refer to image sets."""

from collections.abc import Mapping
from typing import Any

from genlab.build import ConfigurationError, check, suggestion
from pipelines.theory.parameters import chosen


def check_claims(entry: Mapping[str, Any]) -> None:
    """Check the descriptions of the claims of this run, and of the densities, against the constructors that they name.

    Raises:
        ConfigurationError: a class, a key, a value or the name of a density is wrong.
    """
    check(entry["densities"], "theory.densities")
    for name in chosen(entry):
        check(with_densities(entry["claims"][name], entry["densities"], f"theory.claims.{name}"), f"theory.claims.{name}")


def with_densities(description: Any, densities: Mapping[str, Any], where: str) -> Any:
    """Replace names of densities, anywhere in a claim's description, by their descriptions.

    A value of `density` is one name; a list of names at `densities` becomes a mapping from names to descriptions.

    Raises:
        ConfigurationError: a name is not declared.
    """
    if not isinstance(description, Mapping):
        return description
    replaced: dict[str, Any] = {}
    for key, value in description.items():
        if key == "density" and isinstance(value, str):
            replaced[key] = declared(value, densities, f"{where}.{key}")
        elif key == "densities" and isinstance(value, list):
            replaced[key] = {str(name): declared(name, densities, f"{where}.{key}") for name in value}
        else:
            replaced[key] = with_densities(value, densities, f"{where}.{key}")
    return replaced


def declared(name: Any, densities: Mapping[str, Any], where: str) -> Any:
    """The description of a density.

    Raises:
        ConfigurationError: there is no density of that name.
    """
    if name not in densities:
        known = ", ".join(densities)
        raise ConfigurationError(
            f"{where}: '{name}' is not a density.{suggestion(str(name), densities)} Declared under theory.densities: {known}."
        )
    return densities[name]

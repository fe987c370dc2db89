"""Directions of a translator by name: `a_to_b`, or with the names of the domains, `high_contrast_to_3d`."""

from typing import Any

from .errors import RequestError


def named_directions(facts: dict[str, Any]) -> dict[str, str]:
    """Map each direction of a release, `a_to_b`, to its name, `high_contrast_to_3d`. Without names of domains it is its own name.

    `facts` is the content of release.json.
    """
    domains = facts.get("domains", {})
    names = {}
    for direction in facts["directions"]:
        source, target = direction.split("_to_")
        names[direction] = f"{domains.get(source, source)}_to_{domains.get(target, target)}"
    return names


def direction_of(text: str, facts: dict[str, Any]) -> str:
    """Find the direction of a release with this name; the letters take precedence.

    Raises:
        RequestError: there is no such direction.
    """
    names = named_directions(facts)
    if text in tuple(names):
        return text
    for direction, name in names.items():
        if text == name:
            return direction
    known = ", ".join(direction if direction == name else f"{direction} ({name})" for direction, name in names.items())
    raise RequestError(f"direction: got {text!r}, expected one of: {known}.")

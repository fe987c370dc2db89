"""Checks of the entry `theory` in the parameters."""

from collections.abc import Mapping
from typing import Any

from genlab.build import suggestion
from pipelines.entries import wrong_keys

THEORY = "theory"  # key in the parameters, namespace of the datasets, and name of the pipeline
KEYS = ("seed", "only", "densities", "claims")


def wrong_entry(entry: Any) -> str:
    """Why the entry `theory` cannot be used, and what to write instead; "" for a usable one."""
    if wrong := wrong_keys(THEORY, entry, KEYS):
        return wrong
    for key in ("densities", "claims"):
        given = entry.get(key)
        if not isinstance(given, Mapping) or not given:
            return f"theory.{key}: got {given!r}, expected a mapping of names to descriptions."
        for name, description in given.items():
            if not isinstance(name, str) or not name.isidentifier():
                return f"theory.{key}: got the name {name!r}, expected letters, digits and _, the first no digit. Rename it."
            if not isinstance(description, Mapping) or "class" not in description:
                return f"theory.{key}.{name}: got {description!r}, expected {{class: genlab...., its arguments}}."
    seed, only = entry.get("seed"), entry.get("only")
    if type(seed) is not int or seed < 0:
        return f"theory.seed: got {seed!r}, expected a whole number from 0 on."
    if only is not None and only not in entry["claims"]:
        expected = f"null for all claims, or one of {', '.join(entry['claims'])}.{suggestion(str(only), entry['claims'])}"
        return f"theory.only: got {only!r}, expected {expected}"
    return ""


def chosen(entry: Mapping[str, Any]) -> list[str]:
    """Names of the claims of a run: that of `only`, or all."""
    return list(entry["claims"]) if entry.get("only") is None else [entry["only"]]

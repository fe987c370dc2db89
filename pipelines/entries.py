"""Checks that all entries of pipelines in the parameters share."""

from collections.abc import Collection, Mapping
from typing import Any

from genlab.build import suggestion
from pipelines.loader import WrongEntry


def wrong_keys(
    name: str,  # of the entry
    entry: Any,
    keys: Collection[str],  # that the entry may have
) -> str:
    """Why an entry is no mapping, or which of its keys does not exist, and what to write instead; "" for an entry with these keys."""
    given = entry.value if isinstance(entry, WrongEntry) else entry
    if not isinstance(given, Mapping):
        return f"{name}: got {given!r}, expected a mapping with {', '.join(keys)}."
    for key in given:
        if key not in keys:
            return f"{name}.{key}: there is no key '{key}'.{suggestion(str(key), keys)} There are: {', '.join(keys)}."
    return ""

"""JSON as text, without NaN and Infinity, which JSON does not have. All JSON of the project is written by `json_text`.

A score that is not finite is `null` in JSON (`nulled`) and NaN where it is read back. It is shown as `nan`, is not logged as a metric, and
is an empty cell of a CSV file.
"""

import json
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from genlab.errors import InputError


def json_text(
    content: object,
    indent: int | None = None,
    sort_keys: bool = False,
    default: Callable[[Any], object] | None = None,  # converts values that JSON does not have
) -> str:
    """Content as JSON text.

    Raises:
        InputError: a number is NaN or infinite; the message names its place.
    """
    try:
        return json.dumps(content, indent=indent, sort_keys=sort_keys, default=default, allow_nan=False)
    except ValueError as error:
        if not (found := dict(non_finite(content))):
            raise
        listed = ", ".join(f"{place} = {value}" for place, value in found.items())
        raise InputError(f"JSON: got {listed}; expected finite numbers, since JSON has no others. Change these values.") from error


def nulled(content: Any) -> Any:
    """Copy of nested mappings and sequences in which null (None) replaces each NaN and each infinite number."""
    if isinstance(content, Mapping):
        return {name: nulled(value) for name, value in content.items()}
    if isinstance(content, list | tuple):
        return [nulled(value) for value in content]
    return None if isinstance(content, float) and not math.isfinite(content) else content


def non_finite(content: object, place: str = "") -> Iterator[tuple[str, float]]:
    """Yield (place, value) for each NaN and infinite number in nested mappings and sequences; a place is like `model.loss.weight`."""
    if isinstance(content, Mapping):
        for name, value in content.items():
            yield from non_finite(value, f"{place}.{name}" if place else str(name))
    elif isinstance(content, list | tuple):
        for index, value in enumerate(content):
            yield from non_finite(value, f"{place}[{index}]")
    elif isinstance(content, float) and not math.isfinite(content):
        yield place or "the value", content

"""Which scores may be compared: the fields in which two protocols differ, with both values.

This module imports the standard library and errors only.
"""

from collections.abc import Collection, Mapping
from typing import Any

from genlab.errors import InputError

# Fields that describe one recipe: how it is sampled, in which directions it translates, and optional scores that other recipes need not
# have. Recipes that differ in these fields only share all other scores.
OF_RECIPE = ("samples", "path_length", "directions", "held_out_are_pairs", "likelihood", "labels", "training_sampling", "cas", "classifier")
UNSET = "not set"
LONGEST = 60  # characters of a value in a message
MOST = 6  # fields in a message


def differences(
    then: Mapping[str, Any],  # protocols as JSON, see genlab.evaluation.protocol.Protocol.to_json
    now: Mapping[str, Any],
    ignored: Collection[str] = (),  # fields that need not be equal
) -> dict[str, tuple[Any, Any]]:
    """Fields in which two protocols differ -> (value then, value now), in the order of the fields; None for a field that one lacks.

    The entries of a nested field are named like `images.generated`.
    """
    first, second = flattened(then), flattened(now)
    return {
        name: (first.get(name), second.get(name))
        for name in {**first, **second}
        if name.partition(".")[0] not in ignored and first.get(name) != second.get(name)
    }


def between_recipes(then: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Like `differences`, for the scores that two recipes share: an optional field of which one has none is no difference."""
    found = differences(then, now, OF_RECIPE)
    optional = {
        name: (old, new)
        for name, (old, new) in differences(then, now).items()
        if name in ("classifier", "cas", "training_sampling", "likelihood") and old is not None and new is not None
    }
    return found | optional


def named(found: Mapping[str, tuple[Any, Any]], most: int = MOST) -> str:
    """Differences in words: `images.generated was 1000 and is 500; seed was 0 and is 1`."""
    shown = [f"{name} was {short(old)} and is {short(new)}" for name, (old, new) in list(found.items())[:most]]
    return "; ".join([*shown, *([f"and {len(found) - most} more fields"] if len(found) > most else [])])


def check_comparable(
    protocols: Mapping[str, Mapping[str, Any]],  # recipe -> its protocol as JSON
) -> None:
    """Check that the scores of recipes can be compared. The protocol of the first is compared with that of each other.

    Raises:
        InputError: the protocols of two recipes differ; the message names the fields and both values.
    """
    names = list(protocols)
    for name in names[1:]:
        if found := between_recipes(protocols[names[0]], protocols[name]):
            raise InputError(f"{names[0]} and {name} were scored under different protocols: {named(found)}. Evaluate both again.")


def flattened(protocol: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested mappings -> one mapping with names like `images.generated`; sequences become lists, as in JSON."""
    flat: dict[str, Any] = {}
    for key, value in protocol.items():
        if isinstance(value, Mapping):
            flat |= flattened(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = list(value) if isinstance(value, tuple) else value
    return flat


def short(value: Any) -> str:
    """A value in a message; the middle of a long one is left out, since texts of protocols often differ at their ends."""
    text = UNSET if value is None else str(value)
    half = LONGEST // 2 - 1
    return text if len(text) <= LONGEST else f"{text[:half]}...{text[-half:]}"

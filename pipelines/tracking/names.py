"""Names of parameters and metrics that MLflow allows."""

import itertools
import posixpath
import re
from collections.abc import Iterable, Mapping
from typing import Any

LONGEST_NAME = 250  # characters


def metric_names(names: Iterable[str]) -> dict[str, str]:
    """Map each name to a distinct name that MLflow allows.

    MLflow allows letters and digits of any script, `_`, `-`, `.`, `/` and spaces, in a normalised relative path. Metric names may include
    class names, which may contain any character: `Food & Drink` becomes `Food _ Drink`.
    """
    allowed: dict[str, str] = {}
    for name in dict.fromkeys(names):
        plain = re.sub(r"[^\w.\- /]", "_", name)[: LONGEST_NAME - 4]
        if posixpath.normpath(plain) != plain or plain.startswith(("/", "..")):  # a//b, ./a, a/: not normalised
            plain = re.sub(r"/|^\.+", "_", plain)
        others = (f"{plain} {number}" for number in itertools.count(2))
        allowed[name] = next(each for each in itertools.chain([plain], others) if each not in allowed.values())
    return allowed


def flatten(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Flatten nested mappings: {"a": {"b": 1}} -> {"a.b": 1}."""
    flat: dict[str, Any] = {}
    for key, value in values.items():
        name = f"{prefix}{key}"
        flat |= flatten(value, f"{name}.") if isinstance(value, Mapping) else {name: value}
    return flat

"""What recipes were trained with: the settings in which they differ."""

from collections.abc import Mapping, Sequence
from typing import Any

from genlab.reports.comparison.runs import ScoredRun

DECISIVE = ("images", "seed", "budget", "augmentation", "model")
UNSET = ""


def differing_settings(runs: Sequence[ScoredRun]) -> dict[str, list[str]]:
    """Setting -> its value for each recipe, "" where a recipe has none; settings that are equal for all recipes are left out."""
    flat = [flattened({key: run.entry[key] for key in DECISIVE if key in run.entry}) for run in runs]
    names = dict.fromkeys(name for each in flat for name in each)
    found = {name: [each.get(name, UNSET) for each in flat] for name in names}
    return {name: values for name, values in found.items() if len({*values}) > 1}


def flattened(value: Any, name: str = "") -> dict[str, str]:
    """Nested mappings -> one mapping with dotted names. Classes are named without their module."""
    if isinstance(value, Mapping):
        return {key: text for part, each in value.items() for key, text in flattened(each, f"{name}.{part}" if name else str(part)).items()}
    text = str(value)
    return {name: text.rpartition(".")[2] if name.endswith("class") else text}

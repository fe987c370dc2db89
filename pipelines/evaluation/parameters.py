"""The entry `evaluation` in the parameters: one description of genlab.evaluation.settings.Settings for all recipes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

EVALUATION = "evaluation"
SETTINGS = "genlab.evaluation.settings.Settings"


def check_evaluation(entry: Any) -> None:
    """Check the settings of evaluation, and build them without an extractor.

    Raises:
        InputError: there are no settings, or a key or a value is wrong.
    """
    from genlab.build import ConfigurationError, build, check

    if not isinstance(entry, Mapping) or entry.get("class") != SETTINGS:
        given = getattr(entry, "value", entry)  # of a WrongEntry
        raise ConfigurationError(
            f"{EVALUATION}: got {given!r}, expected {{class: {SETTINGS}, its arguments}}, as in conf/base/parameters/evaluation.yml."
        )
    extractor = entry.get("extractor", {"class": "genlab.extractors.efficientnet.EfficientNetLite0"})
    if not isinstance(extractor, Mapping) or "class" not in extractor:
        raise ConfigurationError(f"{EVALUATION}.extractor: got {extractor!r}, expected {{class: genlab.extractors...., its arguments}}.")
    described = with_factory(entry)
    check(described, EVALUATION)
    build(described, EVALUATION)


def check_extractor(entry: Mapping[str, Any], caches: Path) -> None:
    """Create the extractor, before a model is trained that it is to score: its file of weights may be missing or unusable.

    Raises:
        InputError: it cannot be created.
    """
    from genlab.build import build

    build(with_factory(entry), EVALUATION).extractor(cache=caches / "extractors")


def with_factory(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Describe the extractor as a factory: the folder of its cache is known only when it is created."""
    extractor = {"extractor": {**entry["extractor"], "partial": True}} if "extractor" in entry else {}
    return {**entry, **extractor}

"""The settings that a training chooses by measurement: the memory format on a CPU, and compilation on a GPU."""

from collections.abc import Mapping
from typing import Any

from genlab.engine.compute import Compute
from genlab.training.compilation import pays
from genlab.training.layout import faster
from genlab.training.trial import Trial


def chosen(
    trial: Trial,
    settings: Compute,
    saved: Mapping[str, Any] | None,  # the state that is continued, whose choices stay
) -> Compute:
    """These settings, with a choice for each that is open."""
    known = saved or {} if settings.devices == 1 else {}
    if settings.format_is_open:
        last = known.get("channels_last")
        settings = settings.with_format(faster(trial, settings) if last is None else last)
    if settings.compilation_is_open:
        compiled = known.get("compile")
        settings = settings.with_compilation(pays(trial, settings) if compiled is None else compiled)
    return settings

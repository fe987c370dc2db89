"""Checks before a run that its data sets have been fetched."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from genlab.errors import InputError
from pipelines.fetching.parameters import EXAMPLE, FETCH, RAW, set_of


def check_fetched(
    prepared: Collection[str],  # image sets that the run reads
    parameters: Mapping[str, Any],
    project: Path,
) -> None:
    """Check that the folders exist which `fetch` makes, of the image sets that a run reads.

    Raises:
        InputError: a data set has not been fetched; the message has the command that does it.
    """
    for name in sorted(prepared):
        source = parameters["images"][name].get("source")
        data_set = set_of(source.get("root"), parameters.get(FETCH)) if isinstance(source, Mapping) else ""
        if data_set and not (project / RAW / data_set).exists():
            raise InputError(f"image set '{name}': {RAW / data_set} has not been fetched yet. Fetch it: `{EXAMPLE}{data_set}`")

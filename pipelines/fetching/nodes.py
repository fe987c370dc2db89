"""Node that fetches a data set, an adapter of genlab.fetching."""

import logging
from pathlib import Path

from genlab.errors import InputError
from pipelines.fetching.parameters import RAW, Fetching, wrong_choice

DOWNLOADS = Path(".genlab/downloads")  # keeps the downloaded files

logger = logging.getLogger(__name__)


def fetch(settings: Fetching, project: Path) -> None:
    """Make the folder data/01_raw/<set> of the chosen data set; nothing happens if it is there.

    Raises:
        InputError: no known set is chosen, or the set cannot be fetched.
    """
    from genlab.fetching import DataSet
    from genlab.fetching import fetch as fetched

    if wrong := wrong_choice(settings.set, settings.sets):
        raise InputError(wrong)
    declared = settings.sets[str(settings.set)]
    data_set = DataSet(str(settings.set), **declared.model_dump())
    found = fetched(data_set, project / RAW / data_set.name, project / DOWNLOADS, settings.verify)
    how = "fetched" if found.new else "is there already"
    size = f"{len(found.record.files):,} files, {found.record.bytes / 1e6:,.1f} MB"
    logger.info("data set '%s' %s: %s, sha256 %s, in %s", data_set.name, how, size, found.record.sha256, found.folder)

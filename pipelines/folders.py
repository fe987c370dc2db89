"""Base class of datasets that consist of several files in a folder."""

import hashlib
import itertools
import json
import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset

from genlab.engine.files import space_for, write
from genlab.errors import InputError

logger = logging.getLogger(__name__)


class FolderDataset(AbstractDataset[Any, Any]):
    """Base class of datasets of several files in a folder, with a JSON listing {"sha256": {file name: hash}}.

    Only the listed files are loaded and logged to MLflow. Saving deletes no file. It moves two kinds of files to
    `<folder>.former/<number>/`: files of the last save that the new data do not contain, and files and folders from elsewhere that the new
    data would overwrite. All other files stay in the folder. The listing is written last, so the files of an interrupted save do not
    match it.
    """

    def __init__(self, filepath: str, listing: Path, metadata: dict[str, Any] | None = None):
        self.filepath, self.listing, self.metadata = Path(filepath), listing, metadata

    def files(self) -> list[Path]:
        """Paths of the listed files, sorted by name."""
        return [self.filepath / name for name in sorted(self._listed())]

    def _listed(self) -> dict[str, str]:
        """Map the names of the files of the last save to their hashes; empty if there is no listing."""
        if not self.listing.exists():
            return {}
        try:
            return dict(json.loads(self.listing.read_text(encoding="utf-8"))["sha256"])
        except (ValueError, TypeError, KeyError) as error:
            raise InputError(f"{self.listing} is not a listing of files with their sha256. Move it away and run again.") from error

    def _read(self) -> dict[str, bytes]:
        """Map the names of the listed files to their contents.

        Raises:
            InputError: a file is missing or has changed since it was saved.
        """
        contents = {}
        for name, expected in sorted(self._listed().items()):
            file = self.filepath / name
            found = file.read_bytes() if file.is_file() else None
            if found is None or hashlib.sha256(found).hexdigest() != expected:
                problem = "is missing" if found is None else "has another sha256"
                raise InputError(f"{file} {problem}; {self.listing} lists it with {expected[:16]}... Make the folder again.")
            contents[name] = found
        return contents

    def _write(self, contents: Mapping[str, bytes]) -> None:
        """Write each file completely or not at all. Files that are no longer part of the data, or would be overwritten, are moved first."""
        former = self._listed()
        needed = sum(map(len, contents.values()))
        with space_for(self.filepath / self.listing.name, needed):
            self.filepath.mkdir(parents=True, exist_ok=True)
        self._set_aside([name for name in sorted({*former, *contents}) if self._in_the_way(name, former.get(name), contents.get(name))])
        for name, content in contents.items():
            write(self.filepath / name, content)

    def _in_the_way(self, name: str, former: str | None, new: bytes | None) -> bool:
        """Whether the file must be moved: it was saved before and is not saved again, or it is from elsewhere and would be overwritten."""
        file = self.filepath / name
        if file.is_dir():
            return new is not None
        if not file.is_file():
            return False
        found = hashlib.sha256(file.read_bytes()).hexdigest()
        return found == former if new is None else found not in (former, hashlib.sha256(new).hexdigest())

    def _set_aside(self, names: Sequence[str]) -> None:
        """Move files to a new folder `<folder>.former/<number>/`."""
        if not names:
            return
        aside = self.filepath.with_name(f"{self.filepath.name}.former")
        folder = next(each for number in itertools.count(1) if not (each := aside / str(number)).exists())
        folder.mkdir(parents=True)
        for name in names:
            os.rename(self.filepath / name, folder / name)
        logger.info("%s: %s moved to %s.", self.filepath, ", ".join(names), folder)

    def _exists(self) -> bool:
        return self.listing.exists()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self.filepath)}

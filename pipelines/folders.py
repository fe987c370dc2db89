"""Datasets that are several files in a folder."""

import hashlib
import itertools
import json
import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset

from genlab.errors import InputError

logger = logging.getLogger(__name__)


class FolderDataset(AbstractDataset):
    """Files in a folder, with a listing: {"sha256": {file name: hash}}, JSON.

    The listed files are the current ones: they alone are loaded, and logged to MLflow. Saving deletes nothing. It moves a former save's
    file that the data no longer have to `<folder>.former/<number>/`, and so a file of another origin whose name the data use; all other
    files stay in the folder. The listing is written last: files of an interrupted save do not agree with it.
    """

    def __init__(self, filepath: str, listing: Path, metadata: dict[str, Any] | None = None):
        self.filepath, self.listing, self.metadata = Path(filepath), listing, metadata

    def files(self) -> list[Path]:
        """The current files."""
        return [self.filepath / name for name in sorted(self._listed())]

    def _listed(self) -> dict[str, str]:
        """Name -> hash of the files that were saved last; none without a listing."""
        if not self.listing.exists():
            return {}
        try:
            return dict(json.loads(self.listing.read_text(encoding="utf-8"))["sha256"])
        except (ValueError, TypeError, KeyError) as error:
            raise InputError(f"{self.listing} is not a listing of files with their sha256. Move it away and run again.") from error

    def _read(self) -> dict[str, bytes]:
        """Name -> content of the current files.

        Raises:
            InputError: a file is missing or is not the one that was saved.
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
        """Write the files, each whole or not at all; what they would hide or leave behind is set aside before."""
        former = self._listed()
        self.filepath.mkdir(parents=True, exist_ok=True)
        self._set_aside([name for name in sorted({*former, *contents}) if self._in_the_way(name, former.get(name), contents.get(name))])
        for name, content in contents.items():
            replace(self.filepath / name, content)

    def _in_the_way(self, name: str, former: str | None, new: bytes | None) -> bool:
        """Whether the file of this name is a former save's that is not saved again, or another one where a new file goes."""
        file = self.filepath / name
        if not file.is_file():
            return False
        found = hashlib.sha256(file.read_bytes()).hexdigest()
        return found == former if new is None else found not in (former, hashlib.sha256(new).hexdigest())

    def _set_aside(self, names: Sequence[str]) -> None:
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


def replace(file: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    partial = file.with_name(f"{file.name}.part")
    partial.write_bytes(content)
    os.replace(partial, file)

"""The record of a finished data set: what it was made from, and the hash of each of its files."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from genlab.engine.files import sha256
from genlab.engine.json_text import json_text
from genlab.errors import InputError

RECORD = "fetched.json"
SHOWN = 3  # files named in an error


class Entry(NamedTuple):
    """A file of a data set."""

    bytes: int
    sha256: str


class Record(NamedTuple):
    """What is known about a finished data set."""

    declaration: Mapping[str, Any]  # as in YAML
    files: Mapping[str, Entry]  # path relative to the folder -> size and hash

    @property
    def sha256(self) -> str:
        """Hash of the whole set: of the lines `<sha256>  <path>` of its files, sorted by path, as `sha256sum` writes them."""
        lines = "".join(f"{entry.sha256}  {path}\n" for path, entry in sorted(self.files.items()))
        return hashlib.sha256(lines.encode()).hexdigest()

    @property
    def bytes(self) -> int:
        """Size of all files."""
        return sum(entry.bytes for entry in self.files.values())


def write_record(folder: Path, declaration: Mapping[str, Any]) -> Record:
    """Hash all files in a folder, and write the record there."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    files = {path.relative_to(folder).as_posix(): Entry(path.stat().st_size, sha256(path)) for path in paths}
    record = Record(declaration, files)
    values = {"declaration": declaration, "sha256": record.sha256, "files": {path: entry._asdict() for path, entry in files.items()}}
    (folder / RECORD).write_text(json_text(values, indent=1) + "\n", encoding="utf-8")
    return record


def read_record(folder: Path) -> Record:
    """Read the record of a finished data set.

    Raises:
        InputError: there is none, or it is damaged.
    """
    file = folder / RECORD
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
        return Record(values["declaration"], {path: Entry(**entry) for path, entry in values["files"].items()})
    except FileNotFoundError:
        raise InputError(f"{folder} exists, and was not made by `fetch`: it has no {RECORD}. Move it away, and run again.") from None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(f"{file} is damaged ({error}). Move {folder} away, and run again.") from error


def check_record(
    folder: Path,
    record: Record,
    contents: bool,  # whether to compare the hashes, too, which reads all files
) -> None:
    """Check that all files of a finished set are there, with their sizes.

    Raises:
        InputError: a file is missing or has changed.
    """
    wrong = []
    for path, entry in record.files.items():
        file = folder / path
        found = file.stat().st_size if file.is_file() else None
        if found is None:
            wrong.append(f"{path} is missing")
        elif found != entry.bytes:
            wrong.append(f"{path} has {found:,} bytes instead of {entry.bytes:,}")
        elif contents and (content := sha256(file)) != entry.sha256:
            wrong.append(f"{path} has the sha256 {content} instead of {entry.sha256}")
    if wrong:
        raise InputError(
            f"{folder} is not as it was fetched: {'; '.join(wrong[:SHOWN])}"
            f"{f'; and {len(wrong) - SHOWN:,} more' if len(wrong) > SHOWN else ''}. Move it away, and run again."
        )

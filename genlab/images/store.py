"""What is known about the images of a set from earlier readings, and their pixels, so that only changed images are decoded again.

A row is used again if the declaration of the set, the code and the state of the file (its size and times) are those of the reading, or if
the file still has the same SHA-256.
"""

import hashlib
import json
import logging
import time
from collections.abc import Callable, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

import genlab
from genlab.engine.files import whole, write
from genlab.engine.json_text import json_text
from genlab.engine.paths import expanded

ROWS = "rows.parquet"
# A file may change once more within the time that its file system resolves: a state that is this young is not relied on.
YOUNG = 2_000_000_000  # ns
CODE = ("images", "serving")  # folders of genlab that decide what is read from a file
PACKAGES = ("pillow", "numpy", "opencv-python-headless", "scikit-learn", "basemap-data")  # the same of packages

log = logging.getLogger(__name__)


class Pixels(NamedTuple):
    """A file of pixels in a store, and its state, which is checked before it is read."""

    name: str
    size: int  # bytes
    changed: int  # ns


class Store:
    """A folder of rows about images, and of their pixels. One process uses it at a time."""

    def __init__(self, folder: Path, key: str, rows: pd.DataFrame | None = None, files: Sequence[Pixels] = ()):
        self.folder, self.key, self.files = folder, key, list(files)
        # path, state, file (index in `files`), place (row in that file; -1: no pixels), and the columns that follow from the content
        self.rows = rows

    @classmethod
    def open(
        cls,
        folder: str | Path,
        declaration: object,  # everything, except files and code, on which rows and pixels depend; JSON-compatible
    ) -> "Store":
        """Open the store in a folder, which need not exist. It is empty if it was written for another declaration or by other code."""
        folder = expanded(folder)
        key = hashlib.sha256((json_text(declaration, sort_keys=True) + code_of_reading()).encode()).hexdigest()
        try:
            rows = pd.read_parquet(folder / ROWS)
        except FileNotFoundError:
            return cls(folder, key)
        except (OSError, ValueError) as error:  # of pyarrow, too
            log.warning("%s can't be read (%s): all images are read again.", folder / ROWS, error)
            return cls(folder, key)
        if rows.attrs.get("key") != key:
            return cls(folder, key)
        files = [Pixels(*each) for each in rows.attrs["files"]]
        lost = [number for number, each in enumerate(files) if state_of_pixels(folder / each.name) != each]
        rows.loc[rows["file"].isin(lost), "place"] = -1
        return cls(folder, key, rows, files)

    def find(self, paths: pd.Series) -> np.ndarray:
        """Numbers of the rows of these paths, (N,); -1 for unknown paths."""
        if self.rows is None:
            return np.full(len(paths), -1)
        index = pd.Index(self.rows["path"])
        if index.has_duplicates:  # an error of the layout, which validation reports
            return np.full(len(paths), -1)
        found: np.ndarray = index.get_indexer(pd.Index(paths))
        return found

    def noted(self, name: str, about: object) -> Any:
        """The value of a note about these JSON-compatible facts; None if there is none."""
        try:
            note = json.loads((self.folder / f"{name}.json").read_text(encoding="utf-8"))
            return note["value"] if note["key"] == self.key_of(about) else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def note(self, name: str, about: object, value: object) -> None:
        """Write a JSON-compatible value that follows from these facts, so that later runs need not compute it. Replaces the former note."""
        write(self.folder / f"{name}.json", json_text({"key": self.key_of(about), "value": value}).encode())

    def once(self, name: str, about: object, compute: Callable[[], Any]) -> Any:
        """The value of a note about these facts, which is computed and noted if there is none."""
        value = self.noted(name, about)
        if value is None:
            value = compute()
            self.note(name, about, value)
        return value

    def key_of(self, about: object) -> str:
        """Hash of the store's key and some facts."""
        return hashlib.sha256(json_text([self.key, about], sort_keys=True).encode()).hexdigest()

    def new_file(self) -> Path:
        """Path of a file of pixels that does not exist yet."""
        numbers = [int(file.stem.removeprefix("pixels-")) for file in self.folder.glob("pixels-*.npy")]
        return self.folder / f"pixels-{max(numbers, default=0) + 1}.npy"

    def commit(self, rows: pd.DataFrame | None, files: Sequence[Path]) -> None:
        """Replace the rows, which refer to these files of pixels, and remove all other files of pixels.

        Raises:
            DiskFullError: there is no space; the store stays as it was.
        """
        self.files = [state_of_pixels(file) or Pixels(file.name, -1, -1) for file in files]
        self.rows = rows
        if rows is not None:
            rows.attrs = {"key": self.key, "files": [list(each) for each in self.files]}
            with whole(self.folder / ROWS) as partial:
                rows.to_parquet(partial, index=False)
        for left in set(self.folder.glob("pixels-*.npy")) - set(files):
            left.unlink()


def state_of_pixels(file: Path) -> Pixels | None:
    """State of a file of pixels; None if it does not exist."""
    try:
        state = file.stat()
    except OSError:
        return None
    return Pixels(file.name, state.st_size, state.st_mtime_ns)


def settled(state: str, now: int | None = None) -> str:
    """State of a file, unless it is too young to rely on: "". The times are its last two numbers."""
    *_, modified, changed = state.split(" ") if state else ("", "0", "0")
    return state if max(int(modified), int(changed)) < (now or time.time_ns()) - YOUNG else ""


def digest_of(frame: pd.DataFrame) -> str:
    """Hash of the columns and the values of a table, to recognise it."""
    total = hashlib.sha256(repr(list(frame.columns)).encode())
    total.update(pd.util.hash_pandas_object(frame, index=False, categorize=False).to_numpy().tobytes())
    return total.hexdigest()


@cache
def code_of_reading() -> str:
    """Hash of the code that reads and prepares images, and the versions of the packages that it uses."""
    package = Path(genlab.__file__).parent
    total = hashlib.sha256()
    for file in sorted(file for folder in CODE for file in (package / folder).rglob("*.py")):
        total.update(file.relative_to(package).as_posix().encode() + file.read_bytes())
    return total.hexdigest() + "".join(f" {name} {version_of(name)}" for name in PACKAGES)


def version_of(package: str) -> str:
    """Version of an installed package; "" if it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""

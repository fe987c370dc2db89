"""LSUN (Yu et al. 2015, arXiv:1506.03365): one LMDB database of WebP images per category and split. https://github.com/fyu/lsun

pip install 'genlab[lsun]'
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from genlab.engine.paths import expanded
from genlab.errors import InputError
from genlab.images.sources.files import Item, Survey
from genlab.images.sources.names import Computed, kind_of, readable, shared_state
from genlab.images.sources.shards import shard_splits
from genlab.serving.images import MAX_PIXELS

if TYPE_CHECKING:
    import lmdb

DATA, LOCK = "data.mdb", "lock.mdb"
NAME = re.compile(r"(?:(?P<category>.+)_)?(?:train|val|test)_lmdb")  # bedroom_train_lmdb; test_lmdb has no categories


@dataclass(frozen=True)
class Lsun:
    """The databases of LSUN, `<category>_<split>_lmdb/data.mdb`: one, or all of a folder. Categories are the labels.

    Databases with other names, made by LSUN's tools, have the label ''.
    """

    root: str  # folder of one database, or of several
    max_pixels: int = MAX_PIXELS  # largest width x height of an image; larger ones are not decoded

    def items(self) -> Iterator[Item]:
        databases = self.databases()
        splits = shard_splits(databases).splits
        for name, path in databases.items():
            found = NAME.fullmatch(name)
            label = (found["category"] or "") if found else ""
            state = shared_state(path / DATA)
            with opened(path).begin() as transaction:
                for key in transaction.cursor().iternext(values=False):
                    item = readable(bytes(key).decode("utf-8", "surrogateescape"))
                    read = Computed(partial(read_value, path, bytes(key)), state)
                    stem = f"{name.removesuffix('_lmdb')}/{item}"
                    yield Item(f"{name}#{item}", read, stem, label=label, split=splits[name], max_pixels=self.max_pixels)

    def domains(self) -> dict[str, str]:
        return {}

    def survey(self) -> Survey:
        databases = self.databases()
        root = expanded(self.root)
        others = [entry.name for entry in root.iterdir() if entry.is_file() and entry.name not in (DATA, LOCK)]
        return Survey(Counter(map(kind_of, others)), shard_splits(databases).remarks)

    def databases(self) -> dict[str, Path]:
        """Folders of the databases by their names, sorted.

        Raises:
            InputError: there is none.
        """
        root = expanded(self.root)
        if (root / DATA).is_file():
            return {root.resolve().name: root}
        found = {path.parent.name: path.parent for path in sorted(root.glob(f"*/{DATA}"))}
        if not found:
            raise InputError(
                f"No LMDB database in {root.absolute()}: expected {DATA} in it, or in folders such as bedroom_train_lmdb. Unpack the .zip "
                "archives of LSUN there, or change `root`."
            )
        return found


def read_value(path: Path, key: bytes) -> bytes:
    """Bytes of the image with a key.

    Raises:
        FileNotFoundError: the database no longer has the key.
    """
    with opened(path).begin() as transaction:
        value = transaction.get(key)
    if value is None:
        raise FileNotFoundError("no such key")
    return bytes(value)


def opened(path: Path) -> "lmdb.Environment":
    """Open a database for reading; it stays open, since a process must not open a database twice.

    Raises:
        InputError: the package lmdb is missing, or the database is truncated or damaged.
    """
    return open_once(path.resolve())


@cache
def open_once(path: Path) -> "lmdb.Environment":
    """Open a database by its real path."""
    try:
        import lmdb
    except ImportError as error:
        raise InputError(f"{path} is read with the package lmdb. Install it: pip install 'genlab[lsun]'.") from error
    size = (path / DATA).stat().st_size
    try:
        # Without locks, so that read-only media work. No read-ahead: images are read in the order of names.
        environment = lmdb.open(str(path), readonly=True, lock=False, readahead=False, max_readers=1024)
    except lmdb.Error as error:
        raise InputError(f"Can't read {path / DATA}: {error}. It is incomplete or damaged: fetch it again.") from error
    needed = (environment.info()["last_pgno"] + 1) * environment.stat()["psize"]
    if size < needed:  # reading beyond the end of the file would kill the process
        environment.close()
        raise InputError(f"{path / DATA} has {size:,} bytes, expected {needed:,}: it is truncated. Fetch it again.")
    return environment

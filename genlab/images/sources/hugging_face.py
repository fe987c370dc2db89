"""Image sets of Hugging Face `datasets` on disk: parquet files, as in a downloaded repository, or arrow files, as save_to_disk writes them.

Both have the columns' meaning in the metadata of their schema. https://huggingface.co/docs/datasets/about_dataset_features
"""

import json
import threading
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from genlab.engine.paths import expanded
from genlab.errors import InputError
from genlab.images.sources.classes import class_names
from genlab.images.sources.files import Item, Survey, all_files
from genlab.images.sources.names import Computed, extension_of, is_junk, kind_of, shared_state
from genlab.images.sources.shards import shard_splits
from genlab.serving.images import MAX_PIXELS

if TYPE_CHECKING:  # pyarrow takes 0.1 s to import
    import pyarrow
    import pyarrow.parquet

PARQUET, ARROW = ".parquet", ".arrow"
END = b"\xff\xff\xff\xff\x00\x00\x00\x00"  # of an arrow stream
DESCRIPTIONS = {"dataset_dict.json", "dataset_info.json", "dataset_infos.json", "state.json", "README.md"}
ONE_AT_A_TIME = threading.Lock()  # threads that need the same rows wait for the one that reads them


@dataclass(frozen=True)
class HuggingFace:
    """Rows of parquet or arrow files with a column of images (their bytes) and, if there is one, a column of labels.

    Words such as `train` and `validation` in the names or folders of the files are the split. Groups of rows are read when they are needed.
    """

    root: str  # folder, or one file
    image: str = ""  # column of the images; '': the only one
    label: str = ""  # column of the labels; '': the only column of classes, or the column `label`, if there is one
    names: Sequence[str] = ()  # names of the classes, in the order of their numbers; empty: those of the set, or the numbers
    max_pixels: int = MAX_PIXELS  # largest width x height of an image; larger ones are not decoded

    def items(self) -> Iterator[Item]:
        shards = self.shards()
        splits = shard_splits(shards).splits
        labels = self.labels(shards)
        for name, path in shards.items():
            image, state = self.image_column(path), shared_state(path)
            for row, label in enumerate(labels[name]):
                stem = f"{name.removesuffix(extension_of(name))}/{row:06d}"
                read = Computed(partial(read_image, path, image, row), state)
                yield Item(f"{name}#{row:06d}", read, stem, label=label, split=splits[name], max_pixels=self.max_pixels)

    def domains(self) -> dict[str, str]:
        return {}

    def survey(self) -> Survey:
        shards = self.shards()
        files = all_files(self.root) if expanded(self.root).is_dir() else {}
        others = [path for path in files if path not in shards and Path(path).name not in DESCRIPTIONS]
        return Survey(Counter(map(kind_of, others)), shard_splits(shards).remarks)

    def shards(self) -> dict[str, Path]:
        """Files by their path relative to the root, sorted.

        Raises:
            InputError: there are none.
        """
        root = expanded(self.root)
        files = {root.name: root} if root.is_file() else {path: root / path for path in all_files(self.root) if not is_junk(path)}
        found = {path: place for path, place in files.items() if extension_of(path) in (PARQUET, ARROW)}
        if not found:
            raise InputError(f"No .parquet or .arrow files in {root.absolute()}. Put them there, unpacked, or change `root`.")
        return found

    def image_column(self, path: Path) -> str:
        """Name of the column of images of a file.

        Raises:
            InputError: there is no such column, or several of which none is named.
        """
        import pyarrow as pa

        schema = schema_of(path)
        if self.image:
            return self.checked(schema, self.image, path)
        described = features(schema)
        found = [name for name, feature in described.items() if feature.get("_type") == "Image"] or [
            field.name for field in schema if pa.types.is_struct(field.type) and field.type.get_field_index("bytes") >= 0
        ]
        if len(found) != 1:
            what = f"several columns of images: {', '.join(found)}" if found else f"no column of images, only {', '.join(schema.names)}"
            raise InputError(f"{path.absolute()} has {what}. Name the one to use in `image` of the source.")
        return found[0]

    def label_column(self, path: Path) -> str:
        """Name of the column of labels of a file; "" if it has none.

        Raises:
            InputError: there is no such column, or there are several of which none is named.
        """
        schema = schema_of(path)
        if self.label:
            return self.checked(schema, self.label, path)
        found = [name for name, feature in features(schema).items() if feature.get("_type") == "ClassLabel"]
        if len(found) > 1:
            raise InputError(f"{path.absolute()} has several columns of labels: {', '.join(found)}. Name one in `label` of the source.")
        return found[0] if found else "label" if "label" in schema.names else ""

    def checked(self, schema: "pyarrow.Schema", name: str, path: Path) -> str:
        """The name of a column that the file has.

        Raises:
            InputError: it does not have it.
        """
        if name not in schema.names:
            raise InputError(f"{path.absolute()} has no column '{name}'; it has: {', '.join(schema.names)}.")
        return name

    def labels(self, shards: dict[str, Path]) -> dict[str, Sequence[str]]:
        """Label of each row, by file. -1 and null are no label."""
        columns = {name: self.label_column(path) for name, path in shards.items()}
        values = {name: column_of(path, columns[name]) for name, path in shards.items()}
        kinds = {type(value) for column in values.values() for value in column} - {type(None)}
        if not kinds <= {int} and not kinds <= {str}:
            where, column = next((place, columns[name]) for name, place in shards.items() if columns[name])
            raise InputError(
                f"{where.absolute()}: the column '{column}' has values that are neither numbers nor text. Name another `label`."
            )
        if kinds != {int}:
            return {name: [value or "" for value in column] for name, column in values.items()}
        described = [features(schema_of(path)).get(columns[name], {}).get("names") for name, path in shards.items()]
        names = self.names or next(filter(None, described), ())
        named = class_names(max(0, *(value for column in values.values() for value in column if value is not None)), names)
        return {name: ["" if value is None or value < 0 else named[value] for value in column] for name, column in values.items()}


def features(schema: "pyarrow.Schema") -> dict[str, dict[str, Any]]:
    """Meaning of the columns, from the metadata of `datasets`; empty if the file has none."""
    try:
        described = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
        return {name: feature for name, feature in described.items() if isinstance(feature, dict)}
    except (KeyError, ValueError, TypeError, AttributeError):
        return {}


def schema_of(path: Path) -> "pyarrow.Schema":
    """Schema of a file."""
    return parquet_of(path).file.schema_arrow if is_parquet(path) else arrow_of(path).schema


def column_of(path: Path, name: str) -> list[Any]:
    """Values of a column, one per row; None for each row if the name is empty."""
    if not name:
        return [None] * (parquet_of(path).file.metadata.num_rows if is_parquet(path) else len(arrow_of(path)))
    table = parquet_of(path).file.read(columns=[name]) if is_parquet(path) else arrow_of(path)
    values: list[Any] = table[name].to_pylist()
    return values


def read_image(path: Path, column: str, row: int) -> bytes:
    """Bytes of the image file in a row.

    Raises:
        FileNotFoundError: the row has no bytes.
    """
    if is_parquet(path):
        with ONE_AT_A_TIME:
            starts = parquet_of(path).starts
            group = bisect_right(starts, row) - 1
            value = rows_of(path, column, group)[row - starts[group]].as_py()
    else:
        value = arrow_of(path)[column][row].as_py()
    content = value.get("bytes") if isinstance(value, dict) else value
    if not isinstance(content, bytes):
        place = value.get("path") if isinstance(value, dict) else None
        raise FileNotFoundError(f"no bytes in this row{f', only the path {place}' if place else ''}")
    return content


def is_parquet(path: Path) -> bool:
    """Whether a file is parquet, not arrow, by its extension."""
    return path.suffix.lower() == PARQUET


class Parquet(NamedTuple):
    """An open parquet file."""

    file: "pyarrow.parquet.ParquetFile"
    starts: Sequence[int]  # number of the first row of each group


def parquet_of(path: Path) -> Parquet:
    """Open a parquet file; one that is open and unchanged is returned again.

    Raises:
        InputError: the file is damaged.
    """
    return open_parquet(path, *state_of(path))


@lru_cache(maxsize=64)
def open_parquet(path: Path, size: int, changed: int) -> Parquet:
    """Open a parquet file of this size in bytes and time of change in ns."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"Can't read {path.absolute()}: {error}. It is incomplete or damaged: fetch it again.") from error
    rows = [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)]
    return Parquet(file, [0, *accumulate(rows)])


def rows_of(path: Path, column: str, group: int) -> "pyarrow.ChunkedArray":
    """A column of a row group of a parquet file. The last few groups are kept, since images are read in order."""
    return read_rows(path, *state_of(path), column, group)


@lru_cache(maxsize=4)
def read_rows(path: Path, size: int, changed: int, column: str, group: int) -> "pyarrow.ChunkedArray":
    """Read a column of a row group of a file of this size in bytes and time of change in ns."""
    return open_parquet(path, size, changed).file.read_row_group(group, columns=[column])[column]


def arrow_of(path: Path) -> "pyarrow.Table":
    """Map an arrow file into memory; one that is mapped and unchanged is returned again.

    Raises:
        InputError: the file is damaged.
    """
    return map_arrow(path, *state_of(path))


@lru_cache(maxsize=64)
def map_arrow(path: Path, size: int, changed: int) -> "pyarrow.Table":
    """Map an arrow file of this size in bytes and time of change in ns."""
    import pyarrow as pa

    try:
        with path.open("rb") as opened:
            opened.seek(max(0, size - len(END)))
            if opened.read() != END:  # a stream without its end may have lost records
                raise pa.ArrowInvalid("its end is missing")
        return pa.ipc.open_stream(pa.memory_map(str(path))).read_all()
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"Can't read {path.absolute()}: {error}. It is incomplete or damaged: fetch it again.") from error


def state_of(path: Path) -> tuple[int, int]:
    """Size of a file in bytes and time of its last change in ns."""
    state = path.stat()
    return state.st_size, state.st_mtime_ns

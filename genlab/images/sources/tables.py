"""Tables of labels: CSV files with the columns `stem`, `label` and, optionally, `split`."""

import codecs
import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from genlab.engine.paths import expanded
from genlab.errors import InputError
from genlab.images.sources.files import list_files
from genlab.images.sources.names import extension_of, image_extensions, without_extension
from genlab.images.sources.splits import WORDS, split_of

DELIMITERS = ",;\t"  # Excel writes semicolons where the comma is the decimal sign
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Row(NamedTuple):
    """Row of a table of labels."""

    label: str
    split: str  # "train", "test"; "" if not given


class Table(NamedTuple):
    """A table of labels."""

    rows: Mapping[str, Row]  # by stem
    has_splits: bool  # whether the column `split` has training and held-out images; if not, the rows have no split
    remarks: Sequence[str]  # what looks like a split and is not used as one


def read_table(root: str, name: str) -> Table:
    """Read a table of labels in UTF-8 or UTF-16, with commas, semicolons or tabs.

    Raises:
        InputError: there is no such table, it has no such columns or another encoding, a stem has two labels or two splits, or a split is
            unknown.
    """
    path, files = expanded(root) / name, list_files(root)
    if name not in files:
        raise InputError(f"No table of labels {path.absolute()}. Write one with the columns stem,label, or change the set's `labels`.")
    try:
        return parse(decode_table(files[name](), path), path)
    except (OSError, csv.Error) as error:
        raise InputError(f"Can't read {path.absolute()}: {error}. Save it as CSV in UTF-8.") from error


def decode_table(content: bytes, path: Path) -> str:
    """Decode the content of a table.

    Raises:
        InputError: it is neither UTF-8 nor UTF-16 with a byte order mark.
    """
    try:
        return content.decode("utf-16" if content.startswith(UTF_16) else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        text = content.splitlines()[line - 1].decode("ascii", "backslashreplace") if content.splitlines() else ""
        raise InputError(f"{path.absolute()}, line {line}, isn't UTF-8: {text}. Save the table as CSV in UTF-8.") from error


def parse(text: str, path: Path) -> Table:
    """Parse the text of a table; see `read_table` for the errors."""
    heading, *_ = text.splitlines() or [""]
    delimiter = next((each for each in DELIMITERS if {"stem", "label"} <= set(columns_of(heading, each))), ",")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    columns = columns_of(heading, delimiter)
    if text.strip() and not {"stem", "label"} <= set(columns):
        raise InputError(f"{path.absolute()} has the columns {', '.join(columns)}; expected at least stem,label.")
    next(reader, None)
    rows: dict[str, Row] = {}
    for cells in filter(None, reader):
        named = dict(zip(columns, map(str.strip, cells), strict=False))
        stem, found = named.get("stem", ""), Row(named.get("label", ""), split_in_table(named.get("split", ""), path, reader.line_num))
        stem = without_extension(stem) if extension_of(stem) in image_extensions() else stem
        former = rows.setdefault(stem, found)
        for word, above in zip(found, former, strict=True):
            if word != above:
                raise InputError(
                    f"{path.absolute()}, line {reader.line_num}: '{stem}' is '{word}', but '{above}' above. Keep one of the rows."
                )
    return with_splits(rows)


def with_splits(rows: Mapping[str, Row]) -> Table:
    """Table of the rows. The column `split` is used if it has training and held-out images."""
    given = {row.split for row in rows.values()} - {""}
    without = [stem for stem, row in rows.items() if not row.split]
    if len(given) == 1:
        only, missing = ("training", "held-out") if given == {"train"} else ("held-out", "training")
        remark = f"The column `split` of the table has {only} and no {missing} images: it is not used."
        return Table({stem: Row(row.label, "") for stem, row in rows.items()}, False, [remark])
    if given and without:
        remark = f"{len(without):,} of {len(rows):,} rows of the table have no split, e.g. '{without[0]}'"
        return Table(rows, True, [f"{remark}: `test` and `seed` of the set determine which of these are held out."])
    return Table(rows, bool(given), [])


def columns_of(heading: str, delimiter: str) -> list[str]:
    """Names of the columns in the first line of a table, in lower case."""
    return [name.strip().lower() for name in next(csv.reader([heading], delimiter=delimiter), [])]


def split_in_table(word: str, path: Path, line: int) -> str:
    """Split that a cell means; "" for an empty one.

    Raises:
        InputError: the word is unknown.
    """
    if word and not split_of(word):
        raise InputError(f"{path.absolute()}, line {line}: the split is '{word}'; expected one of {WORDS}, or nothing.")
    return split_of(word)

"""Fetching a data set: downloads, checks, conversion, and a folder that is there whole or not at all."""

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from genlab.build import build
from genlab.engine.files import is_running, sha256, space_for
from genlab.engine.json_text import json_text
from genlab.engine.locks import locked
from genlab.errors import InputError
from genlab.fetching.contracts import Download, Made, Maker
from genlab.fetching.licence import licence_text
from genlab.fetching.progress import progress
from genlab.fetching.record import Record, check_record, read_record, write_record

LICENSE = "LICENSE"
RESERVE = 1 << 20  # bytes for the record and the licence


class DataSet(NamedTuple):
    """Declaration of a data set. `downloads` and `make` are descriptions, see genlab.build."""

    name: str
    downloads: Mapping[str, Mapping[str, Any]]  # name -> {class: genlab.fetching.Npm, ...}
    make: Mapping[str, Any]  # {class: genlab.fetching...., ...}
    licence: str  # in words, for the cards of models
    credit: str = ""  # authors and source of the data
    licence_texts: Sequence[str] = ()  # see genlab.fetching.licence.licence_text

    def declaration(self) -> dict[str, Any]:
        """What the data follow from. Another declaration gives other data."""
        values: dict[str, Any] = json.loads(json_text({"downloads": self.downloads, "make": self.make}))
        return values


class Fetched(NamedTuple):
    """A data set on the disk."""

    folder: Path
    record: Record
    new: bool  # False if it was there


def fetch(
    data_set: DataSet,
    folder: Path,  # of the data set; its parent may be missing
    downloads: Path,  # folder that keeps the downloaded files
    verify: bool = False,  # compare the hashes of a set that is there with its record
) -> Fetched:
    """Make the folder of a data set, with its files, LICENSE and the record fetched.json; do nothing if it is there.

    Downloaded files are kept, so that the set can be made again, e.g. in another size, without a network.

    Raises:
        InputError: the folder has something else, a download fails or has another hash, or the disk is full.
        ConfigurationError: a description is wrong.
    """
    if folder.exists():
        return Fetched(folder, checked(data_set, folder, verify), new=False)
    where = f"fetch.sets.{data_set.name}"
    parts: Mapping[str, Download] = build(dict(data_set.downloads), f"{where}.downloads")
    maker: Maker = build(dict(data_set.make), f"{where}.make")
    archives = {name: obtained(part, downloads) for name, part in missing_last(parts, downloads)}
    archives = {name: archives[name] for name in parts}
    with whole_folder(folder) as partial:
        files = maker.files(archives)
        with space_for(folder, sum(each.size for each in files) + RESERVE):
            write_all(files, partial, data_set.name)
            text = licence_text(data_set.name, data_set.licence, data_set.credit, data_set.licence_texts, archives)
            (partial / LICENSE).write_text(text, encoding="utf-8")
            record = write_record(partial, data_set.declaration())
    return Fetched(folder, record, new=True)


def checked(data_set: DataSet, folder: Path, verify: bool) -> Record:
    """The record of a set that is there.

    Raises:
        InputError: it is incomplete, or was made from another declaration.
    """
    record = read_record(folder)
    check_record(folder, record, verify)
    if record.declaration != data_set.declaration():
        raise InputError(
            f"{folder} was made from another declaration: {difference(record.declaration, data_set.declaration())}. Move the folder "
            "away to make it again, or declare a set of another name."
        )
    return record


def difference(then: Any, now: Any, where: str = "") -> str:
    """The first difference of two declarations in words."""
    if isinstance(then, Mapping) and isinstance(now, Mapping):
        for key in (*then, *now):
            if then.get(key) != now.get(key):
                return difference(then.get(key), now.get(key), f"{where}.{key}" if where else str(key))
    return f"{where} was {then!r} and is {now!r}"


def missing_last(parts: Mapping[str, Download], downloads: Path) -> list[tuple[str, Download]]:
    """Downloads, with those that are there first, after a check of the disk for the others.

    Raises:
        DiskFullError: there is not enough space.
    """
    missing = {name: part for name, part in parts.items() if not place_of(part, downloads).exists()}
    with space_for(downloads / "file", sum(part.bytes for part in missing.values())):
        return sorted(parts.items(), key=lambda item: item[0] in missing)


def place_of(part: Download, downloads: Path) -> Path:
    """Where a downloaded file is kept."""
    return downloads / part.sha256[:16] / part.file


def obtained(part: Download, downloads: Path) -> Path:
    """Path of a downloaded file, which is downloaded if it is not there.

    Raises:
        InputError: it cannot be downloaded, or has another hash.
    """
    target = place_of(part, downloads)
    with locked(target.parent / "lock", "downloads this file", "Wait for it.", wait=True):
        if target.exists() and sha256(target) == part.sha256:
            return target
        arrived, partial = target.with_name(f"{target.name}.arrived"), target.with_name(f"{target.name}.part")
        with progress(f"fetching {part.file}", part.bytes, "B") as shown, space_for(target, 0):
            try:
                part.get(arrived, partial, shown.to)
            except InputError as error:
                raise InputError(f"{error} Or put the file there yourself: {target}") from error
            shown.to(arrived.stat().st_size)
        if (found := sha256(arrived)) != part.sha256:
            size = arrived.stat().st_size
            arrived.unlink()
            raise InputError(
                f"{part.file}: the downloaded file of {size:,} bytes has the sha256 {found}, expected {part.sha256}. It was deleted. "
                "Either it was damaged on its way, then fetch it again, or its publisher has changed it: then look at it before you change "
                "`sha256`."
            )
        os.replace(arrived, target)
        return target


def write_all(files: Sequence[Made], folder: Path, name: str) -> None:
    """Write the files of a set, on all cores."""
    for place in {(folder / path).parent for each in files for path in (each.path, *each.also)}:
        place.mkdir(parents=True, exist_ok=True)
    with progress(f"making {name}", len(files), "files") as shown:
        pool = ThreadPoolExecutor(os.cpu_count())
        try:
            for number, done in enumerate(as_completed([pool.submit(write, each, folder) for each in files]), 1):
                done.result()
                shown.to(number)
        finally:
            pool.shutdown(cancel_futures=True)


def write(made: Made, folder: Path) -> None:
    """Write a file of a set to all its paths."""
    made.write(folder / made.path)
    for path in made.also:
        try:
            os.link(folder / made.path, folder / path)
        except OSError:  # a file system without hard links
            shutil.copyfile(folder / made.path, folder / path)


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """Context manager for making a folder completely or not at all: yields a folder next to it, which gets its name at the end.

    Raises:
        InputError: the folder was made by another process meanwhile, or cannot be made.
    """
    partial = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        for left in folder.parent.glob(f".{folder.name}.*.part"):  # of processes that were killed
            if (number := left.name.split(".")[-2]).isdecimal() and not is_running(int(number)):
                shutil.rmtree(left)
        partial.mkdir()
    except OSError as error:
        raise InputError(f"{folder} cannot be made ({error.strerror}: {error.filename}). Change that, and run again.") from error
    try:
        yield partial
        if folder.exists():
            raise InputError(f"{folder} was made by another process meanwhile. Run again to check it.")
        os.rename(partial, folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)

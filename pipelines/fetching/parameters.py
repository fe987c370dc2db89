"""The entry `fetch` in the parameters: data sets that can be fetched by name."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from genlab.build import suggestion
from pipelines.entries import wrong_keys
from pipelines.parameters import Parameters

FETCH = "fetch"  # key in the parameters, namespace of the node, and name of the pipeline
KEYS = ("set", "verify", "sets")
RAW = PurePosixPath("data/01_raw")  # folder of the sets
EXAMPLE = "kedro run --pipeline=fetch --params=fetch.set="


class FetchedSet(Parameters):
    """Declaration of a data set. Its arguments are those of genlab.fetching.DataSet."""

    downloads: dict[str, dict[str, Any]]
    make: dict[str, Any]
    licence: str = "not stated"
    credit: str = ""
    licence_texts: tuple[str, ...] = ()


class Fetching(Parameters):
    """The entry `fetch`."""

    set: str | None = None  # name of the set to fetch
    verify: bool = False  # compare the hashes of a set that is there with its record
    sets: dict[str, FetchedSet]


def wrong_entry(entry: Any) -> str:
    """Why the entry `fetch` cannot be used, and what to write instead; "" for a usable one."""
    if wrong := wrong_keys(FETCH, entry, KEYS):
        return wrong
    sets = entry.get("sets")
    if not isinstance(sets, Mapping) or not all(isinstance(each, Mapping) for each in sets.values()):
        return f"{FETCH}.sets: got {sets!r}, expected a mapping of names to declarations, as in conf/base/parameters/fetch."
    return ""


def wrong_choice(chosen: str | None, names: Mapping[str, Any]) -> str:
    """Why no set can be fetched, and what to write instead; "" for the name of a set."""
    if chosen in names:
        return ""
    known = ", ".join(sorted(names))
    close = suggestion(str(chosen), names)
    return f"{FETCH}.set: got {chosen!r}, expected one of {known}.{close} For example: {EXAMPLE}{min(names, default='<name>')}"


def set_of(root: object, entry: Any) -> str:
    """Name of the data set whose folder holds the root of an image set; "" if there is none."""
    path = PurePosixPath(root) if isinstance(root, str) else PurePosixPath()
    sets = entry.get("sets") if isinstance(entry, Mapping) else None
    inside = path.parts[: len(RAW.parts)] == RAW.parts and len(path.parts) > len(RAW.parts)
    name = path.parts[len(RAW.parts)] if inside else ""
    return name if isinstance(sets, Mapping) and name in sets else ""

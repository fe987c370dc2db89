"""Reads a version of a registered model from MLflow's SQLite database, without MLflow, which takes two seconds to import.

Only what is certain is answered: a version that exists, whose files are on this machine. For everything else, also for each error, MLflow
itself is asked. A test compares the answers with MLflow's.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlparse

LOGGED = "models:/m-"  # of MLflow's addresses of logged models
DELETED = "Deleted_Internal"  # stage of versions that MLflow no longer lists


class Found(NamedTuple):
    """A version of a registered model."""

    folder: Path  # of its files
    card: str  # its description, Markdown


def version_in(
    database: Path,
    name: str,
    alias: str | None,  # None: `standing`, or without it the newest version
    number: str | None,  # of the version; None: by alias
    standing: str,  # alias of the version that a bare name means
) -> Found | None:
    """Look a version up in a database of MLflow, which is not changed; None if MLflow has to be asked."""
    try:
        with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True, timeout=1)) as connection:
            return next(versions(connection, name, alias, number, standing), None)
    except (sqlite3.Error, ValueError):  # another schema, a locked or damaged database
        return None


def versions(connection: sqlite3.Connection, name: str, alias: str | None, number: str | None, standing: str) -> Iterator[Found]:
    """Yield the version that is meant, if it is there and its files are."""
    aliases = dict(connection.execute("SELECT alias, version FROM registered_model_aliases WHERE name = ?", (name,)))
    rows = connection.execute(
        "SELECT version, coalesce(storage_location, source), description FROM model_versions WHERE name = ? AND current_stage != ?",
        (name, DELETED),
    )
    there = {int(version): (place, description or "") for version, place, description in rows}
    chosen = number or aliases.get(alias or standing) or (max(there, default=None) if alias is None else None)
    if chosen is None or int(chosen) not in there:
        return
    place, card = there[int(chosen)]
    if place.startswith(LOGGED):
        query = "SELECT artifact_location FROM logged_models WHERE model_id = ? AND lifecycle_stage = 'active'"
        logged = connection.execute(query, (place.removeprefix("models:/"),)).fetchone()
        if logged is None:
            return
        (place,) = logged
    address = urlparse(place)
    folder = Path(unquote(address.path))
    if address.scheme in ("", "file") and folder.is_dir():
        yield Found(folder, card)

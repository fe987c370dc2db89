"""Mend the paths in MLflow's database after the project folder was moved or copied: MLflow stores absolute paths."""

import logging
import sqlite3
from contextlib import closing
from pathlib import Path

# Tables and columns of MLflow's database that may hold the address of an artifact.
ADDRESSES = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)

logger = logging.getLogger(__name__)


def relocate(database: Path, former: str, location: str) -> None:
    """Replace the location of artifacts in a database, `file:///former/project/mlartifacts`, by another one, in all records below it.

    Otherwise a copied project would write its artifacts into the original, and a moved one would create the former folder again.
    """
    if not (former.startswith("file:") and former.endswith("/mlartifacts")):  # the user's own choice
        return
    with closing(sqlite3.connect(database, timeout=20)) as opened, opened:
        present = {(table, row[1]) for table in dict(ADDRESSES) for row in opened.execute(f"PRAGMA table_info({table})")}
        changed = 0
        for table, column in ADDRESSES:
            if (table, column) in present:
                changed += opened.execute(
                    f"UPDATE {table} SET {column} = ? || substr({column}, ?) WHERE {column} = ? OR substr({column}, 1, ?) = ?",
                    (location, len(former) + 1, former, len(former) + 1, f"{former}/"),
                ).rowcount
    logger.warning(
        "This project was moved or copied: %s had its artifacts in %s. %s records now name %s. Copy the folder mlartifacts too, if it is "
        "not there.",
        database,
        former,
        f"{changed:,}",
        location,
    )

"""The address of MLflow, and whether it answers."""

import logging
import os
import sqlite3
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from genlab.errors import InputError
from pipelines.tracking.operations import reason_of

PROBE_SECONDS = 5.0
BROKEN = ("database is locked", "disk is full", "disk I/O error", "malformed", "not a database", "readonly database")  # SQLite's words


class TrackingError(InputError):
    """MLflow does not answer."""


def tracking_uri(project: Path) -> str:
    """MLFLOW_TRACKING_URI if it is set, otherwise the absolute URI of a SQLite database in the project folder."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{project / 'mlflow.db'}"


def sqlite_file(uri: str) -> Path | None:
    """The file of a SQLite URI; None for any other URI."""
    return Path(uri.removeprefix("sqlite:///").partition("?")[0]) if uri.startswith("sqlite:///") else None


def quieten() -> None:
    """Limit MLflow's log and progress bars, and how long its HTTP requests are repeated; variables that the user has set stay."""
    for name, level in (
        ("mlflow", logging.WARNING),
        ("alembic", logging.WARNING),  # logs the creation of tables
        ("mlflow.store.db.utils", logging.CRITICAL),  # logs a traceback of each error that it raises
        ("urllib3.connectionpool", logging.ERROR),  # logs each attempt
    ):
        logging.getLogger(name).setLevel(level)
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")  # seconds without an answer


def probe(uri: str) -> None:
    """Check within a few seconds that MLflow answers.

    Raises:
        TrackingError: a server does not answer, or a database is locked, damaged or not writable.
    """
    file = sqlite_file(uri)
    try:
        if file is not None:
            probe_database(file)
        elif uri.startswith(("http://", "https://")):
            # An answer with an error is an answer: the server may want a password, which MLflow's client sends.
            with suppress(urllib.error.HTTPError), urllib.request.urlopen(f"{uri.rstrip('/')}/health", timeout=PROBE_SECONDS):
                pass
    except (OSError, sqlite3.Error, ValueError) as error:
        raise unreachable(uri, error) from error


def probe_database(file: Path) -> None:
    """Check that a database can be written to, and switch it to a write-ahead log, with which readers and a writer do not wait."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(file, timeout=PROBE_SECONDS)) as database:
        with suppress(sqlite3.OperationalError):  # some network file systems cannot have one; or another process is using the database
            database.execute("PRAGMA journal_mode = WAL")
        database.execute("BEGIN IMMEDIATE")
        database.rollback()


@contextmanager
def as_default(uri: str) -> Iterator[None]:
    """Context manager in which MLflow's default address, a variable of the process and of its environment, is this one.

    MLflow's registry resolves `models:/...` at the default address, whatever address its client has.
    """
    import mlflow

    variable = os.environ.get("MLFLOW_TRACKING_URI")
    before = mlflow.get_tracking_uri() if mlflow.is_tracking_uri_set() else ""  # type: ignore[no-untyped-call]  # MLflow has no type
    mlflow.set_tracking_uri(uri)
    try:
        yield
    finally:
        mlflow.set_tracking_uri(before)
        if variable is None:
            os.environ.pop("MLFLOW_TRACKING_URI", None)
        else:
            os.environ["MLFLOW_TRACKING_URI"] = variable


def settle(uri: str) -> None:
    """Move the write-ahead log of a database into its file, so that a copy of the file is complete. Does nothing for other addresses."""
    file = sqlite_file(uri)
    if file is not None and file.exists():
        with suppress(sqlite3.Error), closing(sqlite3.connect(file, timeout=1)) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@contextmanager
def answering(
    uri: str,
    advice: str = "",  # what else to do, at the end of the message
) -> Iterator[None]:
    """Context manager that turns an error inside the block into a TrackingError if MLflow does not answer any more.

    Raises:
        TrackingError: MLflow does not answer, or its database is locked, full, damaged or read-only.
    """
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        try:
            probe(uri)
        except TrackingError as down:
            raise TrackingError(f"{down}{advice}") from error
        if sqlite_file(uri) is not None and any(sign in str(error) for sign in BROKEN):
            raise TrackingError(f"{unreachable(uri, error)}{advice}") from error
        raise


def unreachable(uri: str, error: Exception) -> TrackingError:
    """The error for a user whose MLflow does not answer."""
    where = "Wait until no other program writes to it" if sqlite_file(uri) else "Start the server"
    return TrackingError(
        f"MLflow at {uri} does not answer ({reason_of(error)}). {where}, or set MLFLOW_TRACKING_URI to another address; without it, "
        "runs are kept in mlflow.db in the project folder."
    )

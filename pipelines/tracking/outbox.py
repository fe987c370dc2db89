"""Calls to MLflow that could not be made yet, on disk: MLflow may be down for a while, and training goes on."""

import json
import logging
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from genlab.engine.files import write
from genlab.engine.json_text import json_text
from genlab.engine.locks import locked
from genlab.training.interruption import Interrupted
from pipelines.tracking.operations import Operation, refused

if TYPE_CHECKING:  # mlflow takes two seconds to import
    from mlflow import MlflowClient

RUN, REFUSED = "run.json", "refused"

logger = logging.getLogger(__name__)


class Outbox:
    """The calls of one run that are waiting, in their order. Each is a JSON file, and a folder next to it if the call logs a file."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.in_memory: list[Operation] = []  # calls that could not be written: the disk is full
        self.claim = ExitStack()  # holds the lock of the folder while there are calls: only one process delivers them

    def __len__(self) -> int:
        return len(self._waiting()) + len(self.in_memory)

    def add(self, run_id: str, uri: str, operation: Operation) -> None:
        """Keep a call for later. If the disk is full, it is kept in memory."""
        if self.in_memory:  # in order
            self.in_memory.append(operation)
            return
        try:
            if not (self.folder / RUN).exists():
                self.claim.enter_context(self.locked())
                write(self.folder / RUN, json_text({"run": run_id, "uri": uri}).encode())
            last = self._waiting()[-1:]
            self._write(int(last[0].stem) + 1 if last else 1, operation)
        except Interrupted:
            raise
        except Exception as error:  # DiskFullError, OSError: tracking never stops a training
            logger.warning("%s cannot be written (%s). Records for MLflow are kept in memory.", self.folder, error)
            self.in_memory.append(operation)

    def locked(self) -> AbstractContextManager[None]:
        """Context manager that holds the lock of the folder."""
        return locked(self.folder.with_suffix(".lock"), "delivers these records", "It goes on by itself.")

    def deliver(self, client: "MlflowClient", run_id: str) -> int:
        """Make the waiting calls in their order; return their number. Calls that MLflow refuses move to the folder `refused`.

        Raises:
            Exception: a call failed; it and the later ones stay.
        """
        made = 0
        for file in self._waiting():
            try:
                read(file).perform(client, run_id)
            except Exception as error:
                if not refused(error):
                    raise
                self._set_aside(file, error)
            else:
                file.unlink()
                shutil.rmtree(file.with_suffix(""), ignore_errors=True)
            made += 1
        while self.in_memory:
            self.in_memory[0].perform(client, run_id)
            del self.in_memory[0]
            made += 1
        if not (self.folder / REFUSED).exists():
            shutil.rmtree(self.folder, ignore_errors=True)
            self.claim.close()
        return made

    def _waiting(self) -> list[Path]:
        return sorted(self.folder.glob("[0-9]*.json"))

    def _write(self, number: int, operation: Operation) -> None:
        file = self.folder / f"{number:08d}.json"
        if operation.content is not None:
            content = operation.content.read_bytes() if isinstance(operation.content, Path) else operation.content
            write(file.with_suffix("") / operation.values["name"], content)
        write(file, json_text([operation.kind, operation.values]).encode())  # last: with it, the call is complete

    def _set_aside(self, file: Path, error: Exception) -> None:
        aside = self.folder / REFUSED
        aside.mkdir(exist_ok=True)
        for each in (file, file.with_suffix("")):
            if each.exists():
                each.rename(aside / each.name)
        logger.warning("MLflow refuses a record (%s). It is kept in %s.", str(error).partition("\n")[0], aside)


def read(file: Path) -> Operation:
    """Read a waiting call."""
    kind, values = json.loads(file.read_text(encoding="utf-8"))
    return Operation(kind, values, file.with_suffix("") / values["name"] if kind == "file" else None)


def left(folder: Path) -> Iterator[tuple[Outbox, str, str]]:
    """Yield all outboxes in a folder with calls that are waiting, each with the id of its run and the address of its MLflow."""
    for file in sorted(folder.glob(f"*/{RUN}")):
        outbox = Outbox(file.parent)
        if len(outbox):
            described = json.loads(file.read_text(encoding="utf-8"))
            yield outbox, described["run"], described["uri"]

"""Locks between processes: files that one process holds at a time."""

import errno
import fcntl
import json
import logging
import os
import shlex
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from genlab.engine.files import is_running
from genlab.engine.json_text import json_text
from genlab.errors import InputError

PATIENCE = 10  # seconds; the data loader's processes of a killed process hold its locks until they notice its end, after 5 s at most
UNSUPPORTED = (errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL)

logger = logging.getLogger(__name__)


class LockedError(InputError):
    """Another process holds a lock."""


@contextmanager
def locked(
    file: Path,
    task: str,  # what the holder does, for the message: "trains this very experiment"
    advice: str,  # what to do if another process holds the lock
    wait: bool = False,  # wait for the lock instead of raising
) -> Iterator[None]:
    """Context manager that holds a lock file. The lock ends with the process, however that ends; the file stays.

    On a file system without locks, as of some network file systems, a warning is logged and nothing is locked.

    Raises:
        LockedError: another process holds the lock; the message names it.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a+", encoding="utf-8") as opened:
        acquire(opened, file, task, advice, wait)
        opened.truncate(0)
        holder = {"pid": os.getpid(), "host": socket.gethostname(), "since": time.strftime("%Y-%m-%d %H:%M"), "command": command()}
        opened.write(json_text(holder))
        opened.flush()
        yield


def acquire(opened: IO[str], file: Path, task: str, advice: str, wait: bool) -> None:
    """Lock an open file, or raise a LockedError; see `locked`."""
    started, announced = time.monotonic(), False
    while True:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            opened.seek(0)
            holder = read(opened.read())
        except OSError as error:
            if error.errno not in UNSUPPORTED:
                raise
            logger.warning("%s: this file system has no locks (%s). Run nothing else here that %s.", file, error.strerror, task)
            return
        if not (wait or gone(holder)) or (gone(holder) and time.monotonic() - started > PATIENCE):
            raise LockedError(f"{described(holder)} {task} ({file.parent}). {advice}")
        if wait and not announced and not gone(holder):
            logger.info("Waiting for %s, which %s.", described(holder), task)
            announced = True
        time.sleep(0.1)


def read(text: str) -> dict[str, str]:
    """The holder's description of itself; empty if it has not written it yet."""
    try:
        return dict(json.loads(text))
    except (ValueError, TypeError):
        return {}


def described(holder: dict[str, str]) -> str:
    """The holder in words: `process 123 ('kedro run --pipeline=gan', since 2026-01-01 12:00)`."""
    if not holder:
        return "Another process"
    host = "" if holder["host"] == socket.gethostname() else f" on {holder['host']}"
    return f"Process {holder['pid']}{host} ('{holder['command']}', since {holder['since']})"


def gone(holder: dict[str, str]) -> bool:
    """Whether the holder was a process of this machine that has ended."""
    return bool(holder) and holder["host"] == socket.gethostname() and not is_running(int(holder["pid"]))


def command() -> str:
    """The command line of this process, without the path of the program."""
    return shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])

"""Clients of package registries, as processes."""

import os
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from genlab.errors import InputError
from genlab.fetching.contracts import Report

PAUSE = 0.1  # seconds between two looks at the size of the files
LINES = 4  # of the client's messages in an error


def run(
    command: Sequence[str],
    folder: Path,  # working directory of the client
    watched: Sequence[Path],  # other folders in which its files grow
    progress: Report,
) -> None:
    """Run a client to its end. The growth of its files is its progress. An interrupt ends the client, too.

    The client's temporary files are outside `folder` and are removed.

    Raises:
        InputError: the client fails; the message has its last lines.
    """
    with (
        tempfile.TemporaryDirectory(prefix="genlab-", dir=folder.parent) as temporary,
        tempfile.TemporaryFile("w+", errors="replace") as log,
    ):
        environment = os.environ | {"TMPDIR": temporary}
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
        try:
            places = (folder, Path(temporary), *watched)
            before = sum(map(size_of, watched))
            while process.poll() is None:
                progress(max(0, sum(map(size_of, places)) - before))
                time.sleep(PAUSE)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
                process.wait()
        if process.returncode:
            log.seek(0)
            said = "; ".join(line.strip() for line in log.read().strip().splitlines()[-LINES:]) or "no message"
            raise InputError(
                f"`{shlex.join([Path(command[0]).name, *command[1:]])}` failed with exit status {process.returncode}: {said}. It uses your "
                "own configuration of the client: check the network and the registry there, and run the same command again."
            )


def size_of(folder: Path) -> int:
    """Size of all files below a folder in bytes. Files may vanish meanwhile."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                total += os.stat(os.path.join(place, name)).st_size
    return total


def npm_cache() -> Sequence[Path]:
    """The folder of npm's unfinished downloads; empty if npm does not name it."""
    npm = shutil.which("npm")
    if npm is None:
        return ()
    found = subprocess.run([npm, "config", "get", "cache"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    return (Path(found.stdout.strip(), "_cacache", "tmp"),) if found.returncode == 0 and found.stdout.strip() else ()

"""Measurements in processes of their own, since threads and memory are those of a process."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path


def last_line(
    command: Sequence[str],
    environment: Mapping[str, str],
    folder: Path | None = None,  # working directory; None: the present one
) -> str:
    """Run a command, and return the last line of its output.

    Raises:
        SystemExit: it failed; with the last line of its message.
    """
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit((done.stderr.strip() or f"{' '.join(command)} failed").splitlines()[-1])
    return done.stdout.splitlines()[-1]

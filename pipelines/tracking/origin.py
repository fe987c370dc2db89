"""Provenance of results: git commit, command, host and Python version."""

import platform
import socket
import subprocess
from pathlib import Path

from genlab.engine.locks import command


def origin(project: Path) -> dict[str, str]:
    """Tags of a run: the git commit, whether there are uncommitted changes, the command, the host, and the Python version."""
    tags = {"command": command(), "python": platform.python_version(), "host": socket.gethostname()}
    try:
        git = ["git", "-C", str(project)]
        tags["mlflow.source.git.commit"] = subprocess.run(
            [*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True
        ).stdout.strip()
        status = subprocess.run([*git, "status", "--porcelain", "--untracked-files=no"], capture_output=True, text=True, check=True)
        tags["git.dirty"] = str(bool(status.stdout.strip())).lower()
    except (OSError, subprocess.CalledProcessError):
        tags["git.dirty"] = "no repository"
    return tags

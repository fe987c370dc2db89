"""Provenance of results: git commit, command, Python version, and hashes of files."""

import hashlib
import platform
import shlex
import subprocess
import sys
from pathlib import Path


def origin(project: Path) -> dict[str, str]:
    """Tags of a run: the git commit, whether there are uncommitted changes, the command, and the Python version."""
    tags = {"command": command(), "python": platform.python_version()}
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


def command() -> str:
    """The command line of this process, without the path of the program."""
    return shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])


def sha256(file: Path) -> str:
    """SHA-256 of a file's bytes, 64 hexadecimal digits."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()

"""Paths as people write them in YAML, on the command line and in Python."""

import os
from pathlib import Path


def expanded(path: str | Path) -> Path:
    """Path with the home folder in place of `~` or `~user`, and with the values of `$NAME` and `${NAME}`.

    Unknown users and names stay as they are.
    """
    return Path(os.path.expandvars(os.path.expanduser(path)))

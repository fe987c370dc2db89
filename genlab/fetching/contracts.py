"""What the parts of a data set have in common: downloads, and the files that are made from them."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from genlab.errors import InputError

SHA256 = re.compile(r"[0-9a-f]{64}")


class Report(Protocol):
    """Receives the progress of a download."""

    def __call__(
        self,
        done: int,  # bytes that have arrived
        total: int = 0,  # size of the file, if the server states it
    ) -> None: ...


class Download(Protocol):
    """A file that is downloaded, and the hash of its content."""

    sha256: str  # 64 hexadecimal digits
    bytes: int  # size of the file; 0 if it is not known in advance

    @property
    def file(self) -> str:
        """Name of the file, without folders."""

    def get(
        self,
        target: Path,
        partial: Path,  # file or folder that may be left half made, and may be there from an earlier attempt
        progress: Report,
    ) -> None:
        """Write the file to `target`.

        Raises:
            InputError: the client is missing or fails, or the server does not send the file.
        """


class Made(NamedTuple):
    """A file of a data set, before it is made."""

    path: str  # relative to the folder of the set
    size: int  # an upper estimate in bytes, for the check of the disk
    write: Callable[[Path], None]  # makes the file at a path
    also: Sequence[str] = ()  # further paths at which the same file is to be found


class Maker(Protocol):
    """Makes the files of a data set from its downloads."""

    def files(self, archives: Mapping[str, Path]) -> Sequence[Made]:
        """Downloads by name -> the files of the set.

        Raises:
            InputError: a download is missing, or has other contents than expected.
        """


def check_sha256(value: str, what: str) -> None:
    """Raise an InputError if a value is no SHA-256; `what` names the download."""
    if not SHA256.fullmatch(value):
        raise InputError(
            f"{what}: `sha256` is {value!r}, expected 64 hexadecimal digits in lower case. Take it from the page that offers the file, or "
            "download the file once yourself, look at it, and run `sha256sum <file>` (macOS: `shasum -a 256 <file>`)."
        )


def check_names(archives: Collection[str], needed: Sequence[str], maker: str) -> None:
    """Raise an InputError unless the downloads have the names that a maker needs."""
    if sorted(archives) != sorted(needed):
        raise InputError(f"{maker} needs the downloads {', '.join(needed)}; got {', '.join(archives) or 'none'}. Rename them.")


def content(data: bytes) -> Callable[[Path], None]:
    """Function that writes these bytes to a path."""

    def write(path: Path) -> None:
        path.write_bytes(data)

    return write

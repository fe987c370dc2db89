"""Files from the web."""

import http.client
import logging
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from genlab.engine.files import sha256, space_for
from genlab.errors import InputError
from genlab.fetching.contracts import Report, check_sha256

ATTEMPTS = 5  # in a row without a new byte
WAIT = 1.0  # seconds before the second attempt; doubled before each further one
TIMEOUT = 60.0  # seconds without an answer
CHUNK = 1 << 18  # bytes
CUT = (http.client.HTTPException, OSError)  # errors of a connection; URLError and timeouts are OSErrors

logger = logging.getLogger(__name__)


class CutError(Exception):
    """The connection ended before the file did."""


@dataclass(frozen=True)
class Url:
    """A file from a web server. An interrupted download goes on where it stopped, if the server supports ranges (RFC 9110, section 14)."""

    url: str  # http:// or https://
    sha256: str = ""  # of the file; required
    bytes: int = 0  # size of the file; 0: as the server states it

    def __post_init__(self) -> None:
        parts = urllib.parse.urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname or not self.file:
            raise InputError(f"url: got {self.url!r}, expected the address of a file, http://... or https://...")
        check_sha256(self.sha256, self.url)

    @property
    def file(self) -> str:
        return PurePosixPath(urllib.parse.unquote(urllib.parse.urlsplit(self.url).path)).name

    def get(self, target: Path, partial: Path, progress: Report) -> None:
        attempt = 0
        while True:
            before = size_of(partial)
            try:
                self.go_on(partial, progress)
                break
            except urllib.error.HTTPError as error:
                if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and before:
                    if sha256(partial) == self.sha256:
                        break
                    partial.unlink()  # the file on the server is another one than that of which the part is
                    continue
                if error.code < http.HTTPStatus.INTERNAL_SERVER_ERROR:
                    raise InputError(f"{self.url}: the server answers {error.code} ({error.reason}). Correct the address.") from error
                reason = f"the server answers {error.code} ({error.reason})"
            except (*CUT, CutError) as error:
                reason = str(getattr(error, "reason", error)) or type(error).__name__
            attempt = attempt + 1 if size_of(partial) == before else 1
            if attempt == ATTEMPTS:
                raise InputError(
                    f"{self.url}: {reason}. {size_of(partial):,} bytes have arrived and are kept; the same command goes on from there."
                )
            logger.warning("%s: %s. Trying again.", self.url, reason)
            time.sleep(WAIT * 2 ** (attempt - 1))
        partial.replace(target)

    def go_on(self, partial: Path, progress: Report) -> None:
        """Append the rest of the file to the part that is there.

        Raises:
            CutError: the connection ended early.
            HTTPError, OSError, HTTPException: the server or the connection fails.
        """
        start = size_of(partial)
        request = urllib.request.Request(self.url, headers={"Range": f"bytes={start}-"} if start else {})
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
            if start and not continues(answer, start):
                logger.warning("%s: the server does not support ranges; the download starts again.", self.url)
                start = 0
            length = int(answer.headers.get("Content-Length") or 0)
            with space_for(partial, length), partial.open("r+b" if start else "wb") as file:
                file.seek(start)
                arrived = start
                while part := answer.read(CHUNK):
                    file.write(part)
                    arrived += len(part)
                    progress(arrived, start + length if length else 0)
            if arrived < start + length:
                raise CutError(f"the connection ended after {arrived:,} of {start + length:,} bytes")


def continues(answer: Any, start: int) -> bool:
    """Whether an answer is the part of the file from byte `start` on."""
    given = str(answer.headers.get("Content-Range", ""))
    return answer.status == http.HTTPStatus.PARTIAL_CONTENT and given.startswith(f"bytes {start}-")


def size_of(file: Path) -> int:
    """Size of a file in bytes; 0 if there is none."""
    return file.stat().st_size if file.exists() else 0

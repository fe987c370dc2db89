"""Names of files in the form that is shown to users, and which files are images."""

import functools
import os
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

import numpy as np
from PIL import Image, ImageFile

from genlab.serving.images import without_pillows_limit

JUNK = frozenset({"__macosx", "thumbs.db", "ehthumbs.db", "desktop.ini", "icon\\r"})  # left by macOS and Windows, in any case
SYSTEM = "system"  # kind of hidden files and of those of the operating system
NO_EXTENSION = "no extension"
LONGEST = 12  # characters of an extension; what is longer is a name with a dot in it
LONGEST_NAME = 160  # characters of a name in a message; archives allow 65,535
# Pillow only recognises these or writes them; EPS it reads with an external program.
NOT_PICTURES = frozenset({"EPS", "IPTC", "MPEG", "PALM", "PDF"})


@dataclass(frozen=True, slots=True)
class File:
    """A file of a folder or of an archive. Calling it returns its bytes."""

    open: Callable[[], IO[bytes]]
    state: Callable[[], str] = str  # size and times of the file, without reading it; "" if they are unknown

    def __call__(self) -> bytes:
        with self.open() as opened:
            return opened.read()


@dataclass(frozen=True, slots=True)
class Computed:
    """An image that a layout computes from a file, or takes from one of many images. Calling it returns pixels or the bytes of an image."""

    compute: Callable[[], bytes | np.ndarray]
    state: Callable[[], str] = str  # of the file

    def __call__(self) -> bytes | np.ndarray:
        return self.compute()


def shared_state(file: Path) -> Callable[[], str]:
    """The state of a file with many images, found once, as a function: each of the images has it."""
    return functools.partial(str, state_in(file.stat()))


def state_in(state: os.stat_result) -> str:
    """Size in bytes and times of change in ns of a file, as text. The second time changes with every write and every rename."""
    return f"{state.st_size} {state.st_mtime_ns} {state.st_ctime_ns}"


@functools.cache
def image_extensions() -> frozenset[str]:
    """Extensions of the files that Pillow can read, in lower case: `.png`, `.jfif`, `.jp2`, ..."""
    extensions = Image.registered_extensions()  # also loads Pillow's plugins
    readers = {name for name, (reader, _) in Image.OPEN.items() if not is_stub(reader)} | {"MPO"}  # JPEG's reader reads MPO as well
    return frozenset(extension for extension, name in extensions.items() if name in readers - NOT_PICTURES)


@functools.cache
def marked_formats() -> tuple[str, ...]:
    """Formats that Pillow recognises by the first bytes of a file."""
    image_extensions()
    return tuple(name for name, (reader, accepts) in Image.OPEN.items() if accepts and not is_stub(reader) and name not in NOT_PICTURES)


def is_stub(reader: object) -> bool:
    """Whether a reader of Pillow only recognises a format, for a program that registers itself."""
    return isinstance(reader, type) and issubclass(reader, ImageFile.StubImageFile)


def is_image(path: str, file: File) -> bool:
    """Whether a file is an image: by its extension or, if that is none or unknown, by its content."""
    return extension_of(path) in image_extensions() or begins_as_image(file)


def begins_as_image(file: File) -> bool:
    """Whether Pillow recognises the content of a file. The pixels are not read."""
    try:
        with file.open() as opened, without_pillows_limit(), Image.open(opened, formats=marked_formats()):
            return True
    except Exception:  # no image, or unreadable; Pillow's plugins raise almost anything
        return False


def extension_of(path: str) -> str:
    """Extension of a path in lower case, with the dot; "" for none."""
    name = path.rpartition("/")[2]  # strings, since a set has many paths: pathlib takes ten times as long
    dot = name.rfind(".")
    return name[dot:].lower() if 0 < dot < len(name) - 1 else ""


def without_extension(path: str, folder: str = "") -> str:
    """Path relative to a folder, without the extension of an image: `a/x/1.png`, `a` -> `x/1`. `x/scan.0001` is kept."""
    below = PurePosixPath(path).relative_to(folder).as_posix() if folder else path
    extension = extension_of(path)
    return below[: -len(extension)] if extension in image_extensions() else below


def is_junk(path: str) -> bool:
    """Whether a part of a path is hidden (`.name`) or a file or folder of the operating system."""
    return any(part.lower() in JUNK or part.startswith(".") for part in path.split("/"))


def kind_of(path: str) -> str:
    """Kind of a file that is passed over: SYSTEM, its extension, or NO_EXTENSION."""
    extension = extension_of(path)
    return SYSTEM if is_junk(path) else extension if 1 < len(extension) <= LONGEST else NO_EXTENSION


def in_words(passed_over: Mapping[str, int]) -> str:
    """Kinds of files with their numbers, most frequent first: `12 .txt, 3 .svg, 2 no extension, 1 system`."""
    return ", ".join(f"{count:,} {kind}" for kind, count in Counter(passed_over).most_common())


def readable(name: str) -> str:
    """Name with every byte that is not UTF-8 (a lone surrogate in Python) and every control character as an escape: `caf\\xe9.png`."""
    if name.isascii() and name.isprintable():
        return name
    text = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", lambda found: found[0].encode("unicode_escape").decode(), text)


def shortened(name: str) -> str:
    """Name of at most LONGEST_NAME characters for a message: its middle is left out."""
    half = LONGEST_NAME // 2
    return name if len(name) <= LONGEST_NAME else f"{name[:half]}...{name[-half:]}"

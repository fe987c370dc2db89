"""Files that are written whole or not at all, with a clear error when a file system has no space left."""

import errno
import glob
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from genlab.errors import InputError

FULL = (errno.ENOSPC, errno.EDQUOT)
ZEROS = bytes(1 << 20)


class DiskFullError(InputError):
    """A file system has no space left for a file."""


@contextmanager
def whole(
    file: str | Path,
    size: int = 0,  # expected size in bytes; the space is checked before anything is written
) -> Iterator[Path]:
    """Context manager for writing a file completely or not at all: yields the path of a partial file in the same folder.

    The partial file replaces `file` when the block ends. If the block raises, the partial file is removed and `file` stays as it was.
    The partial file has the suffix of `file`.

    Raises:
        DiskFullError: the file system has no space left; nothing has changed.
        InputError: a folder has the name of the file, a file has the name of its folder, or writing is not permitted.
    """
    file = Path(file)
    if file.is_dir():
        raise InputError(f"{file} is a folder, but a file of this name must be written. Move the folder away and run again.")
    partial = file.with_name(f"{file.stem}.{os.getpid()}.part{file.suffix}")
    with space_for(file, size):
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            remove_left(file)
        except (FileExistsError, NotADirectoryError, PermissionError) as error:
            raise InputError(
                f"{file.parent} cannot be made or written to ({error.strerror}: {error.filename}). Change that and run again."
            ) from None
        try:
            yield partial
            os.replace(partial, file)
        except PermissionError as error:
            raise InputError(
                f"{file} cannot be written ({error.strerror}). Change the permissions of {file.parent} and run again."
            ) from error
        finally:
            with suppress(OSError):
                partial.unlink(missing_ok=True)


def remove_left(file: Path) -> None:
    """Remove partial files of processes that have ended."""
    for left in file.parent.glob(f"{glob.escape(file.stem)}.*.part{glob.escape(file.suffix)}"):
        number = left.name.removeprefix(f"{file.stem}.").removesuffix(f".part{file.suffix}")
        if number.isdecimal() and not is_running(int(number)):
            left.unlink(missing_ok=True)


def is_running(pid: int) -> bool:
    """Whether a process of this machine exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def write(file: str | Path, content: bytes | Callable[[IO[bytes]], object]) -> None:
    """Write bytes, or what a function writes to the open file, completely or not at all, and flush them to the disk. See `whole`."""
    with whole(file, len(content) if isinstance(content, bytes) else 0) as partial, partial.open("wb") as opened:
        if isinstance(content, bytes):
            opened.write(content)
        else:
            content(opened)
        opened.flush()
        os.fsync(opened.fileno())


@contextmanager
def space_for(file: str | Path, size: int) -> Iterator[None]:
    """Check that the file system of a file has space for `size` bytes, and give a full file system inside the block a clear error.

    Raises:
        DiskFullError: there is not enough space, before the block or inside it.
    """
    file, folder = Path(file), existing(file)
    if (free := shutil.disk_usage(folder).free) < size:
        raise DiskFullError(full(file, f"{size:,} bytes are needed, {free:,} are free"))
    try:
        yield
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise DiskFullError(full(file, f"{shutil.disk_usage(folder).free:,} bytes are free")) from error
    except RuntimeError as error:  # torch.save and pyarrow wrap the system's error
        if os.strerror(errno.ENOSPC).lower() not in str(error).lower() and shutil.disk_usage(folder).free > len(ZEROS):
            raise
        raise DiskFullError(full(file, f"{shutil.disk_usage(folder).free:,} bytes are free")) from error


def full(file: Path, found: str) -> str:
    """Message of a DiskFullError."""
    return f"The disk is full: {file} cannot be written to {mount_of(file)} ({found}). Make space there and run the same command again."


def existing(file: Path) -> Path:
    """The nearest folder above a file that exists."""
    return next(folder for folder in file.absolute().parents if folder.is_dir())


def mount_of(file: Path) -> Path:
    """The mount point of the file system that holds a file, which need not exist."""
    folder = existing(file).resolve()  # a link may lead to another file system
    return next(each for each in (folder, *folder.parents) if os.path.ismount(each))


def sha256(file: Path) -> str:
    """SHA-256 of a file's bytes, 64 hexadecimal digits."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()

"""Files in .zip and .tar archives. Nothing is unpacked to disk except a compressed .tar, to an unnamed temporary file."""

import functools
import io
import lzma
import mmap
import os
import re
import shutil
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple, cast

from genlab.errors import InputError
from genlab.images.sources.names import File, readable, state_in

ZIP, TAR = ".zip", ".tar"
COMPRESSED = {".tgz", ".tbz2", ".txz", ".tar.gz", ".tar.bz2", ".tar.xz"}
ARCHIVES = f"{ZIP}, {TAR}, {', '.join(sorted(COMPRESSED))}"
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
DEFLATE_64 = 9
ENCRYPTED, UTF_8 = 0x1, 0x800  # bits of a zip entry's flags
DAMAGED = (zipfile.BadZipFile, tarfile.TarError, OSError, EOFError, zlib.error, lzma.LZMAError)


class Contents(NamedTuple):
    """What an archive holds."""

    files: dict[str, File]
    folders: frozenset[str]  # all folders, also empty ones


def find_archive(root: Path) -> tuple[Path, str] | None:
    """Archive in a path, and the folder inside it that the rest of the path names; None if no part of the path is an archive."""
    for path in (root, *root.parents):
        if is_archive(path.name) and path.is_file():
            inside = root.relative_to(path).as_posix()
            return path, "" if inside == "." else inside
    return None


def is_archive(name: str) -> bool:
    """Whether a file name has the extension of an archive."""
    suffixes = [suffix.lower() for suffix in PurePosixPath(name).suffixes]
    return bool(suffixes) and (suffixes[-1] in (ZIP, TAR) or suffixes[-1] in COMPRESSED or "".join(suffixes[-2:]) in COMPRESSED)


def open_archive(archive: Path) -> Contents:
    """List the files of an archive under the names that are shown to users.

    Raises:
        InputError: the archive is damaged or encrypted, or has names that lead out of it or two files of the same name.
    """
    state = archive.stat()
    return open_unchanged(archive.absolute(), state.st_size, state.st_mtime_ns)


@functools.lru_cache(maxsize=2)  # a layout asks several times, and a compressed .tar is unpacked each time
def open_unchanged(archive: Path, size: int, changed: int) -> Contents:
    """List the files of an archive of this size in bytes and time of change in ns; see `open_archive`."""
    try:
        return zip_contents(archive) if archive.suffix.lower() == ZIP else tar_contents(archive)
    except PermissionError as error:
        raise InputError(f"Can't read the archive {archive.absolute()}: permission denied. Allow this user to read it.") from error
    except DAMAGED as error:
        reason = str(error) or type(error).__name__
        raise InputError(f"Can't read the archive {archive.absolute()}: {reason}. It is incomplete or damaged: make it again.") from error


def zip_contents(archive: Path) -> Contents:
    """List the files of a .zip archive. ZipFile locks the file, so that threads can share it."""
    opened = zipfile.ZipFile(archive)
    entries = [info for info in opened.infolist() if not name_in_zip(info).replace("\\", "/").endswith("/")]
    for info in entries:
        if info.flag_bits & ENCRYPTED:
            raise InputError(f"The archive {archive.absolute()} is encrypted, e.g. {info.filename}. Make it again without a password.")
        if info.compress_type not in METHODS:
            method = f"method {info.compress_type}{' (Deflate64 of Windows)' if info.compress_type == DEFLATE_64 else ''}"
            raise InputError(
                f"The archive {archive.absolute()} is compressed by {method}, which can't be read. Make it again by 'deflate'."
            )
    state = state_in(os.stat(opened.fp.fileno() if opened.fp else archive))
    files = [(name_in_zip(info), File(partial(opened.open, info), partial(str, f"{info.header_offset} {state}"))) for info in entries]
    return contents(archive, files, [name_in_zip(info) for info in opened.infolist()])


def name_in_zip(info: zipfile.ZipInfo) -> str:
    """Name of an entry. Names without the flag of UTF-8 are code page 437 by the standard, but macOS writes UTF-8."""
    if info.flag_bits & UTF_8:
        return info.filename
    try:
        return info.orig_filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.filename


def tar_contents(archive: Path) -> Contents:
    """List the files of a .tar archive. A compressed one is unpacked first, since it can be read only from its beginning."""
    with archive.open("rb") as packed, tarfile.open(fileobj=packed) as opened:
        state = state_in(os.fstat(packed.fileno()))
        members = opened.getmembers()
        plain = cast(IO[bytes], opened.fileobj)  # the archive, decompressed as it is read
        plain.seek(0)
        with tempfile.TemporaryFile() as unpacked:
            if archive.suffix.lower() != TAR:
                shutil.copyfileobj(plain, unpacked)
                unpacked.flush()
            # Pages of the file, not a copy in memory; threads can share them, and they stay when the file is closed.
            pages = mmap.mmap((packed if archive.suffix.lower() == TAR else unpacked).fileno(), 0, access=mmap.ACCESS_READ)
    check_end(members, pages)
    names = {member.name: member for member in members}
    files = []
    for member in members:
        target = names.get(member.linkname, member) if member.islnk() else member  # a hard link has the data of the file it names
        if member.isreg() or member.islnk():
            part = partial(part_of, pages, target.offset_data, target.size)
            files.append((member.name, File(part, partial(str, f"{target.offset_data} {target.size} {state}"))))
        elif not member.isdir():
            files.append((member.name, File(refuse)))
    return contents(archive, files, [f"{member.name}/" if member.isdir() else member.name for member in members])


def check_end(members: Sequence[tarfile.TarInfo], pages: mmap.mmap) -> None:
    """Raise a TarError if the block of zeros after the last file is missing: tarfile ignores an end within a header."""
    last = members[-1] if members else None
    blocks = -(-last.size // tarfile.BLOCKSIZE) if last and last.isreg() else 0
    end = last.offset_data + blocks * tarfile.BLOCKSIZE if last else 0
    if pages[end : end + tarfile.BLOCKSIZE] != bytes(tarfile.BLOCKSIZE):
        raise tarfile.ReadError("its end is missing")


def part_of(pages: mmap.mmap, start: int, size: int) -> IO[bytes]:
    """Open a part of a file."""
    return io.BytesIO(pages[start : start + size])


def refuse() -> IO[bytes]:
    """Open an entry of an archive that is no file, such as a symbolic link."""
    raise FileNotFoundError("a link or device, not a file")


def contents(archive: Path, files: Iterable[tuple[str, File]], names: Iterable[str]) -> Contents:
    """Contents of an archive with the names of its files, and of all of its entries, in the form that is shown to users.

    Raises:
        InputError: a name leads out of the archive, or two files have the same name.
    """
    found: dict[str, File] = {}
    for raw, file in files:
        name = inside_archive(archive, raw)
        if name in found:
            raise InputError(f"The archive {archive.absolute()} has two files '{name}'. Make it again, or rename one of them.")
        found[name] = file
    folders = {PurePosixPath(inside_archive(archive, f"{name}x" if name.endswith(("/", "\\")) else name)) for name in names}
    return Contents(found, frozenset(parent.as_posix() for folder in folders for parent in folder.parents))


def inside_archive(archive: Path, raw: str) -> str:
    """Name of an entry with slashes, without a drive, without `.` and in readable form: `.\\a\\1.png` -> `a/1.png`.

    Raises:
        InputError: the name leads out of the archive.
    """
    parts = [part for part in re.sub(r"^[A-Za-z]:(?=[\\/])", "", raw).replace("\\", "/").split("/") if part not in ("", ".")]
    if ".." in parts:
        raise InputError(f"The archive {archive.absolute()} has the file '{readable(raw)}', whose name leads out of it. Make it again.")
    return readable("/".join(parts))

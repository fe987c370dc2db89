"""Where the files of a published set lie below a root: users keep them in the folder of the archive, in another one, or several at once."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import PurePosixPath

from genlab.engine.paths import expanded
from genlab.errors import InputError
from genlab.images.sources.files import Reader


def folders_with(
    paths: Iterable[str],  # of all files below the root
    names: Collection[str],  # of files
) -> list[str]:
    """Folders that have files of all of these names, relative to the root, "" for the root itself; sorted."""
    found: dict[str, set[str]] = {}
    for path in paths:
        folder, _, name = path.rpartition("/")
        if name in names:
            found.setdefault(folder, set()).add(name)
    return sorted(folder for folder, there in found.items() if there == set(names))


def only(
    found: Sequence[str],  # folders, parts of a set, or files
    what: str,  # the set, for the message
    root: str,
    key: str,  # of `source`, that selects one
    expected: str,  # files that were looked for
) -> str:
    """The only element.

    Raises:
        InputError: there is none, or there are several.
    """
    if not found:
        raise InputError(f"No {what} in {expanded(root).absolute()}: expected {expected}. Put the files there, or change `root`.")
    if len(found) > 1:
        names = ", ".join(f"'{each}'" for each in found)
        raise InputError(f"{expanded(root).absolute()} holds several: {names}. Name one of them in `{key}` of the source.")
    return found[0]


def content_of(files: Mapping[str, Reader], path: str, root: str, what: str) -> bytes:
    """Bytes of a file of a published set.

    Raises:
        InputError: the file is missing or cannot be read.
    """
    place = expanded(root).absolute() / path
    if path not in files:
        folder = PurePosixPath(path).parent
        there = sorted(PurePosixPath(other).name for other in files if PurePosixPath(other).parent == folder)
        raise InputError(f"No file {place}, which belongs to {what}; there is: {', '.join(there[:12])}. Fetch it again.")
    try:
        return files[path]()
    except Exception as error:  # a folder raises OSError; an archive also zlib.error and BadZipFile
        raise InputError(f"Can't read {place}: {error}. Fetch it again.") from error

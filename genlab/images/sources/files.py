"""Items of layouts, and the listing of files in folders and archives."""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple, Protocol, runtime_checkable

import numpy as np

from genlab.engine.paths import expanded
from genlab.errors import InputError
from genlab.images.sources.archives import ARCHIVES, find_archive, open_archive
from genlab.images.sources.names import Computed, File, is_image, is_junk, kind_of, readable, state_in
from genlab.images.sources.splits import find_splits
from genlab.serving.images import MAX_PIXELS

Reader = Callable[[], bytes]


# Folders that `listed_once` has listed: (root, folder) -> files; None outside of it.
_listed: ContextVar[dict[tuple[str, str], dict[str, File]] | None] = ContextVar("listed", default=None)


class Item(NamedTuple):
    """One image of a set. Its file is read only when `read` is called."""

    path: str  # relative to the root, unique in the set, shown to users; a `#` precedes the name of a part of a file
    read: Callable[[], bytes | np.ndarray]  # returns the bytes of an image file, or pixels uint8 (H, W) or (H, W, C)
    stem: str  # name of the image in its domain: the path without domain folder and extension
    domain: str = ""  # "", "a" or "b"
    label: str = ""
    split: str = ""  # "train" or "test" if the layout defines splits
    half: str = ""  # "left" or "right" of a file with two images
    max_pixels: int = MAX_PIXELS  # largest width x height of the file; larger ones are not decoded

    def state(self) -> str:
        """Size and times of the file, which is not read; "" if they are unknown."""
        return self.read.state() if isinstance(self.read, File | Computed) else ""


class Layout(Protocol):
    """Lists the images of a set, with the domain, label and split that follow from their location."""

    def items(self) -> Iterator[Item]:
        """Yield the images of the set in an order that depends on names only.

        Raises:
            InputError: the root, or a required folder or file in it, is missing or unreadable.
        """

    def domains(self) -> dict[str, str]:
        """Map each domain, "a" and "b", to the name that users know; empty for layouts without domains."""


class Survey(NamedTuple):
    """What a layout found next to its images."""

    passed_over: Mapping[str, int] = {}  # kind of a file (genlab.images.sources.names.kind_of) -> number of files
    remarks: Sequence[str] = ()  # what may surprise the user, such as a folder `train` that is not used as a split


@runtime_checkable
class Surveys(Protocol):
    """A layout that reports what it passes over."""

    def survey(self) -> Survey:
        """Describe what lies next to the images.

        Raises:
            InputError: as `items` of the layout.
        """


class Listing(NamedTuple):
    """Files in a folder."""

    images: dict[str, File]  # path relative to the root -> function that reads the file
    passed_over: Counter[str]  # kind of a file that is no image -> number of files


def list_files(root: str, folder: str = "") -> dict[str, File]:
    """List all files below root/folder as {path relative to the root: function that reads it}, sorted by path.

    `root` is a folder, an archive, or a folder inside an archive (`horse2zebra.zip/horse2zebra`); `~` is expanded. Hidden files and files
    of the operating system are omitted. Names are in the form of genlab.images.sources.names.readable.

    Raises:
        InputError: root or folder does not exist, is not a folder, or cannot be read.
    """
    return {path: file for path, file in all_files(root, folder).items() if not is_junk(path)}


def list_images(root: str, folder: str = "") -> dict[str, File]:
    """List the images among the files of `list_files`: what Pillow can read, by the extension or, if that is unknown, by the content."""
    return listing(root, folder).images


def listing(
    root: str,
    folder: str = "",  # below root; "": root
    used: str = "",  # file that the layout uses, though it is no image
) -> Listing:
    """List the images of `list_images`, and count the files that are none by their kind."""
    images: dict[str, File] = {}
    passed_over: Counter[str] = Counter()
    for path, file in all_files(root, folder).items():
        if not is_junk(path) and path != used and is_image(path, file):
            images[path] = file
        elif path != used:
            passed_over[kind_of(path)] += 1
    return Listing(images, passed_over)


def survey(root: str) -> Survey:
    """Survey of a layout that reads all images below the root."""
    found = listing(root)
    return Survey(found.passed_over, find_splits(found.images).remarks)


def all_files(root: str, folder: str = "") -> dict[str, File]:
    """List all files below root/folder, sorted by path; see `list_files`."""
    if PurePosixPath(folder).is_absolute() or not {"~", ".."}.isdisjoint(PurePosixPath(folder).parts):
        raise InputError(f"Folders of a set are below its `root`, {root}; got '{folder}'. Write it relative to `root`.")
    listed, place = _listed.get(), (str(expanded(root)), folder)
    if listed is not None and place in listed:
        return listed[place]
    archive = find_archive(expanded(root))
    files = archived_files(*archive, folder) if archive else folder_files(expanded(root), folder)
    found = dict(sorted(files.items()))
    if listed is not None:
        listed[place] = found
    return found


@contextmanager
def listed_once() -> Iterator[None]:
    """Context manager in which each folder is listed once. A layout asks for the same files again, e.g. to survey them."""
    token = _listed.set({})
    try:
        yield
    finally:
        _listed.reset(token)


def subfolders(root: str, folder: str = "") -> list[str]:
    """Names of the folders directly in root/folder, sorted, without those of the operating system; empty if it is missing."""
    archive = find_archive(expanded(root))
    if archive:
        start = "/".join(part for part in (archive[1], folder) if part)
        below = [Path(each).relative_to(start) for each in open_archive(archive[0]).folders if Path(each).is_relative_to(start)]
        names = {each.parts[0] for each in below if each.parts}
    else:
        here = expanded(root) / folder
        names = {readable(entry.name) for entry in here.iterdir() if entry.is_dir()} if here.is_dir() else set()
    return sorted(name for name in names if not is_junk(name))


def without_wrapper(root: str, name: str) -> str:
    """The root or, if it lacks this file or folder and its only folder has it, that folder."""
    return inner_root(root, lambda folder: exists(folder, name))


def inner_root(
    root: str,
    fits: Callable[[str], bool],  # whether a folder has what the layout expects in its root
) -> str:
    """The root or, if it does not fit and its only folder does, that folder: archives often have one folder on top."""
    inside = [str(Path(root, folder)) for folder in subfolders(root)]
    return inside[0] if len(inside) == 1 and not fits(root) and fits(inside[0]) else root


def exists(root: str, name: str) -> bool:
    """Whether root has this file or folder."""
    archive = find_archive(expanded(root))
    if archive is None:
        return os.path.exists(expanded(root) / name)
    path = "/".join(part for part in (archive[1], name) if part)
    files, folders = open_archive(archive[0])
    return path in files or path in folders


def check_there(root: Path) -> None:
    """Raise an InputError if there is no folder or file of this name."""
    if not os.path.exists(root):  # unlike Path's, not an error for a name that is too long
        raise InputError(f"No folder or archive {root.absolute()}. Put the images there, or change the set's `root`.")


def folder_files(root: Path, folder: str) -> dict[str, File]:
    """List the files below root/folder of a folder on disk; see `list_files`."""
    check_there(root)
    if not root.is_dir():
        raise InputError(f"{root.absolute()} is neither a folder nor an archive ({ARCHIVES}). Change the set's `root`.")
    if not os.path.isdir(root / folder):
        raise missing_folder(str(root), folder, subfolders(str(root)))
    files: dict[str, File] = {}
    # Users link folders together, so that links are followed, also two to one folder; only a link to a folder above itself would not end.
    above: dict[str, set[str]] = {}  # folder -> real paths of it and of all folders above it

    def refuse(error: OSError) -> None:
        raise InputError(f"Can't read {error.filename}: {(error.strerror or str(error)).lower()}. Allow this user to read it.") from error

    for here, below, names in os.walk(root / folder, onerror=refuse, followlinks=True):
        real, parents = os.path.realpath(here), above.get(os.path.dirname(here), set())
        if real in parents:
            below.clear()
            continue
        above[here] = parents | {real}
        inside = PurePosixPath(Path(here).relative_to(root)).as_posix()
        for name in names:
            path = os.path.join(here, name)
            shown = readable(name if inside == "." else f"{inside}/{name}")
            if shown in files:
                raise InputError(f"Two files of {root.absolute()} are shown as '{shown}'. Rename one of them in UTF-8.")
            files[shown] = File(partial(open_file, path), partial(state_of, path))
    return files


def open_file(path: str) -> IO[bytes]:
    """Open a file. A pipe or a device is refused, since reading it may never end."""
    if os.path.exists(path) and not os.path.isfile(path):
        raise OSError("a pipe or device, not a file")
    return open(path, "rb")


def state_of(path: str) -> str:
    """State of a file on disk; "" if there is no such file."""
    try:
        return state_in(os.stat(path))
    except OSError:
        return ""


def archived_files(archive: Path, inside: str, folder: str) -> dict[str, File]:
    """List the files below inside/folder of an archive; see `list_files`."""
    files, folders = open_archive(archive)
    root = f"{inside}/" if inside else ""
    start = f"{root}{folder}/" if folder else root
    if start and start.rstrip("/") not in folders:
        below = subfolders(str(archive / inside))
        if not folder or not below:
            raise missing_folder(str(archive), f"{root}{folder}".rstrip("/"), subfolders(str(archive)))
        raise missing_folder(str(archive / inside), folder, below)
    return {name.removeprefix(root): file for name, file in files.items() if name.startswith(start)}


def missing_folder(root: str, folder: str, found: Sequence[str]) -> InputError:
    """Error for a folder that does not exist, with the folders that do."""
    there = ", ".join(f"{name}/" for name in found[:12]) or "no folders"
    return InputError(f"No folder '{folder}' in {Path(root).absolute()}; there is: {there}. Make it, or change the set's `source`.")


def absent() -> bytes:
    """Reader of an item whose image does not exist."""
    raise FileNotFoundError("no such file")

"""Items of layouts, and the listing of files in folders and .zip archives."""

import os
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from typing import NamedTuple, Protocol

import numpy as np

from genlab.errors import InputError

EXTENSIONS = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff"})
JUNK = frozenset({"__MACOSX", "Thumbs.db", "desktop.ini"})  # left by macOS and Windows; names with a leading dot are ignored, too

Reader = Callable[[], bytes]


class Item(NamedTuple):
    """One image of a set. Its file is read only when `read` is called."""

    path: str  # relative to the root, unique in the set, shown to users; a `#` precedes the name of a part of a file
    read: Callable[[], bytes | np.ndarray]  # returns the bytes of an image file, or pixels uint8 (H, W) or (H, W, C)
    stem: str  # name of the image in its domain: the path without domain folder and extension
    domain: str = ""  # "", "a" or "b"
    label: str = ""
    split: str = ""  # "train" or "test" if the layout defines splits
    half: str = ""  # "left" or "right" of a file with two images


class Layout(Protocol):
    """Lists the images of a set, with the domain, label and split that follow from their location."""

    def items(self) -> Iterator[Item]:
        """Yield the images of the set in an order that depends on names only.

        Raises:
            InputError: the root, or a required folder or file in it, is missing or unreadable.
        """

    def domains(self) -> dict[str, str]:
        """Map each domain, "a" and "b", to the name that users know; empty for layouts without domains."""


def list_files(root: str, folder: str = "") -> dict[str, Reader]:
    """List all files below root/folder as {path relative to the root: function that reads it}, sorted by path.

    `root` is a folder, a .zip archive, or a folder inside an archive (`horse2zebra.zip/horse2zebra`). Hidden files and files of the
    operating system are omitted.

    Raises:
        InputError: root or folder does not exist, is not a folder, or cannot be read.
    """
    archive = next((path for path in [Path(root), *Path(root).parents] if path.suffix.lower() == ".zip" and path.is_file()), None)
    files = zip_files(archive, Path(root).relative_to(archive).as_posix(), folder) if archive else folder_files(Path(root), folder)
    return {path: files[path] for path in sorted(files) if not is_junk(path)}


def list_images(root: str, folder: str = "") -> dict[str, Reader]:
    """List the files of `list_files` with the extension of an image. Other files, such as notes and tables, are ignored."""
    return {path: read for path, read in list_files(root, folder).items() if PurePosixPath(path).suffix.lower() in EXTENSIONS}


def is_junk(path: str) -> bool:
    """Whether a part of a path is hidden (`.name`) or a file or folder of the operating system."""
    return any(part in JUNK or part.startswith(".") for part in PurePosixPath(path).parts)


def without_extension(path: str, folder: str = "") -> str:
    """Path relative to a folder, without extension: `a/x/1.png`, `a` -> `x/1`."""
    return PurePosixPath(path).relative_to(folder).with_suffix("").as_posix()


def folder_files(root: Path, folder: str) -> dict[str, Reader]:
    """List the files below root/folder of a folder on disk; see `list_files`."""
    if not root.exists():
        raise InputError(f"No folder or .zip archive {root.absolute()}. Put the images there, or change the set's `root`.")
    if not root.is_dir():
        raise InputError(f"{root.absolute()} is neither a folder nor a .zip archive. Change the set's `root`.")
    if not (root / folder).is_dir():
        raise missing_folder(str(root), folder, [f"{entry.name}/" for entry in root.iterdir() if entry.is_dir()])
    files: dict[str, Reader] = {}
    seen: set[str] = set()  # users link folders together, so that links are followed; a link to a parent must not loop

    def refuse(error: OSError) -> None:
        raise InputError(f"Can't read {error.filename}: {(error.strerror or str(error)).lower()}. Allow this user to read it.") from error

    for here, below, names in os.walk(root / folder, onerror=refuse, followlinks=True):
        real = os.path.realpath(here)
        if real in seen:
            below.clear()
            continue
        seen.add(real)
        for name in names:
            path = Path(here, name)
            files[path.relative_to(root).as_posix()] = path.read_bytes
    return files


def zip_files(archive: Path, inside: str, folder: str) -> dict[str, Reader]:
    """List the files below inside/folder of an archive; see `list_files`."""
    try:
        opened = zipfile.ZipFile(archive)
    except (zipfile.BadZipFile, OSError) as error:
        raise InputError(f"Can't read the archive {archive.absolute()}: {error}. Make or fetch it again.") from error
    root = "" if inside == "." else f"{inside}/"
    start = f"{root}{folder}/" if folder else root
    names = opened.namelist()
    if not any(name.startswith(start) for name in names):
        below = {name.removeprefix(root).split("/")[0] + "/" for name in names if name.startswith(root) and "/" in name.removeprefix(root)}
        if not folder or not below:
            top = {name.split("/")[0] + "/" for name in names if "/" in name}
            raise missing_folder(str(archive), f"{root}{folder}".rstrip("/"), sorted(top))
        raise missing_folder(f"{archive}/{root}".rstrip("/"), folder, sorted(below))
    return {
        name.removeprefix(root): partial(opened.read, name) for name in names if name.startswith(start) and not name.endswith("/")
    }  # ZipFile.read locks the file, so that threads can share it


def missing_folder(root: str, folder: str, found: list[str]) -> InputError:
    """Error for a folder that does not exist, with the folders that do."""
    listing = ", ".join(sorted(name for name in found if not is_junk(name))[:12]) or "no folders"
    return InputError(f"No folder '{folder}' in {Path(root).absolute()}; there is: {listing}. Make it, or change the set's `source`.")

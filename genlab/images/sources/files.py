"""What every layout shares: the item it yields, and one listing for a folder and for a .zip archive."""

import os
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from typing import NamedTuple, Protocol

import numpy as np

from genlab.errors import InputError

EXTENSIONS = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff"})
JUNK = frozenset({"__MACOSX", "Thumbs.db", "desktop.ini"})  # left by macOS and Windows; names with a leading dot go too

Reader = Callable[[], bytes]


class Item(NamedTuple):
    """One image of a set, not read yet."""

    path: str  # relative to the root, unique in the set, shown to the user; a part of a file is named after a `#`
    read: Callable[[], bytes | np.ndarray]  # the file's bytes, or pixels (H, W) or (H, W, C) uint8 where there is no image file
    stem: str  # what the image is called in its domain: the path without domain folder and extension
    domain: str = ""  # "", "a" or "b"
    label: str = ""
    split: str = ""  # "train" or "test" where the layout itself says so
    half: str = ""  # "left" or "right" where two images share a file


class Layout(Protocol):
    """Where the images of a set are, and what their places say about them."""

    def items(self) -> Iterator[Item]:
        """The set's images, in an order that depends on names alone.

        Raises:
            InputError: the root, or a folder or file in it that the layout needs, is missing or unreadable.
        """

    def domains(self) -> dict[str, str]:
        """Domain ("a", "b") -> the name the user knows it by; empty where there are no domains."""


def list_files(root: str, folder: str = "") -> dict[str, Reader]:
    """Every file below root/folder, at any depth: path relative to the root -> how to read it. Sorted by path.

    `root` is a folder, a .zip archive, or a folder inside one (`horse2zebra.zip/horse2zebra`).

    Raises:
        InputError: root or folder doesn't exist, is not a folder, or can't be read.
    """
    archive = next((path for path in [Path(root), *Path(root).parents] if path.suffix.lower() == ".zip" and path.is_file()), None)
    files = zip_files(archive, Path(root).relative_to(archive).as_posix(), folder) if archive else folder_files(Path(root), folder)
    return {path: files[path] for path in sorted(files) if not is_junk(path)}


def list_images(root: str, folder: str = "") -> dict[str, Reader]:
    """The files of `list_files` whose extension is an image's; whatever else lies there (notes, tables) is passed over."""
    return {path: read for path, read in list_files(root, folder).items() if PurePosixPath(path).suffix.lower() in EXTENSIONS}


def is_junk(path: str) -> bool:
    return any(part in JUNK or part.startswith(".") for part in PurePosixPath(path).parts)


def without_extension(path: str, folder: str = "") -> str:
    """`a/x/1.png`, `a` -> `x/1`."""
    return PurePosixPath(path).relative_to(folder).with_suffix("").as_posix()


def folder_files(root: Path, folder: str) -> dict[str, Reader]:
    if not root.exists():
        raise InputError(f"No folder or .zip archive {root.absolute()}. Put the images there, or change the set's `root`.")
    if not root.is_dir():
        raise InputError(f"{root.absolute()} is neither a folder nor a .zip archive. Change the set's `root`.")
    if not (root / folder).is_dir():
        raise missing_folder(str(root), folder, [f"{entry.name}/" for entry in root.iterdir() if entry.is_dir()])
    files: dict[str, Reader] = {}
    seen: set[str] = set()  # links are followed, for people link folders together; a link back to a parent must end

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
    }  # ZipFile.read locks the file: threads may share it


def missing_folder(root: str, folder: str, found: list[str]) -> InputError:
    listing = ", ".join(sorted(name for name in found if not is_junk(name))[:12]) or "no folders"
    return InputError(f"No folder '{folder}' in {Path(root).absolute()}; there is: {listing}. Make it, or change the set's `source`.")

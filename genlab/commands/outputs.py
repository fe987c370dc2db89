"""Files that commands write: nothing is overwritten unless the user asks for it."""

import io
from collections.abc import Collection, Iterable
from pathlib import Path

import numpy as np
from PIL import Image

from genlab.engine.files import write
from genlab.errors import InputError

KNOWN = frozenset(  # suffixes of files; a folder's name has none of them
    ".npz .npy .csv .json .txt .zip .png .jpg .jpeg .webp .gif .tif .tiff .bmp .mp4 .avi .mov .mkv .webm".split()  # noqa: SIM905
)


def check_new(
    files: Iterable[Path],
    overwrite: bool,
    inputs: Collection[Path] = (),  # files that are read, and must not be written
) -> None:
    """Check that files may be written, before any work is done.

    Raises:
        InputError: one exists and `overwrite` is False, or one is an input.
    """
    files = list(files)
    read = {file.resolve() for file in inputs}
    same = [file for file in files if file.resolve() in read]
    if same:
        raise InputError(f"--out: {same[0]} is one of the pictures to read, which would be lost. Name another folder.")
    found = [file for file in files if file.exists()]
    if found and not overwrite:
        others = f" and {len(found) - 1:,} more" if len(found) > 1 else ""
        verb = "exist" if len(found) > 1 else "exists"
        raise InputError(f"--out: {found[0]}{others} {verb} already. Name another place, or replace them with --overwrite.")


def check_suffix(
    out: Path,
    suffixes: Collection[str],  # of files that the command writes, e.g. .npz
    folder: bool = True,  # whether the command writes folders, too
) -> None:
    """Check that a command can write what `--out` names. A name without a suffix of a file is a folder.

    Raises:
        InputError: it cannot.
    """
    suffix, expected = out.suffix.lower(), " or ".join(suffixes)
    if suffix in suffixes and not out.is_dir():
        return
    if folder and (out.is_dir() or suffix not in KNOWN) and not out.is_file():
        return
    kinds = f"a folder or {expected}" if folder and expected else expected or "a folder"
    raise InputError(f"--out: got '{out}', expected {kinds}.")


def save_arrays(file: Path, arrays: dict[str, np.ndarray]) -> None:
    """Write a .npz file. Equal arrays give equal bytes."""
    write(file, lambda opened: np.savez_compressed(opened, allow_pickle=False, **arrays))


def save_picture(file: Path, picture: Image.Image) -> None:
    """Write a picture as a PNG file."""
    content = io.BytesIO()
    picture.save(content, "PNG")
    write(file, content.getvalue())

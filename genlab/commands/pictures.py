"""The pictures that a command line names: files, and all pictures in folders."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image

from genlab.errors import InputError
from genlab.serving.depth import SIXTEEN
from genlab.serving.errors import DecodeError
from genlab.serving.images import WHITE, convert, upright

# Of pictures in folders; a file that is named itself is read whatever its suffix.
SUFFIXES = frozenset((".png", ".jpg", ".jpeg", ".jfif", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".avif", ".ppm", ".pgm"))
SYSTEM = frozenset({"__MACOSX", "Thumbs.db", "desktop.ini"})  # left by macOS and Windows


class Picture(NamedTuple):
    """A picture to read."""

    file: Path
    name: Path  # relative to the folder that was named, with suffix


def listed(
    places: Sequence[Path],  # files, which are taken whatever their suffix, and folders, which are searched at any depth
    out: Path,  # not searched, if it is inside one of the folders
) -> tuple[list[Picture], str]:
    """List pictures in the order of their names -> (pictures, what was passed over in the folders, in words).

    Raises:
        InputError: a place does not exist, or there is no picture.
    """
    pictures: list[Picture] = []
    passed: Counter[str] = Counter()
    for place in (each.expanduser() for each in places):
        if place.is_file():
            pictures.append(Picture(place, Path(place.name)))
        elif place.is_dir():
            for file in sorted(each for each in place.rglob("*") if each.is_file() and not is_hidden(each.relative_to(place))):
                if file.suffix.lower() not in SUFFIXES:
                    passed[file.suffix.lower() or "no suffix"] += 1
                elif not file.resolve().is_relative_to(out.resolve()):
                    pictures.append(Picture(file, file.relative_to(place)))
        else:
            raise InputError(f"{place}: there is no such file or folder of pictures.")
    words = ", ".join(f"{count:,} {suffix}" for suffix, count in sorted(passed.items()))
    if not pictures:
        found = f" It has: {words}." if words else ""
        raise InputError(f"{places[0]}: there is no picture in it ({', '.join(sorted(SUFFIXES))}).{found}")
    return pictures, words


def is_hidden(path: Path) -> bool:
    """Whether a path inside a folder belongs to the system: its name, or that of a folder above it, begins with a dot."""
    return any(part.startswith(".") or part in SYSTEM for part in path.parts)


def targets(pictures: Sequence[Picture], out: Path) -> list[Path]:
    """Path of the PNG file that is made of each picture: its name with the suffix .png, in the folder `out`.

    Pictures whose names differ in their suffixes only keep these: x.jpg and x.png become x.jpg.png and x.png.png.

    Raises:
        InputError: two pictures have the same name.
    """
    short = [picture.name.with_suffix(".png") for picture in pictures]
    counts = Counter(short)
    names = [
        name if counts[name] == 1 else picture.name.with_name(f"{picture.name.name}.png")
        for name, picture in zip(short, pictures, strict=True)
    ]
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise InputError(f"Two pictures have one name, {twice[0].with_suffix('')}. Translate their folders one by one.")
    return [out / name for name in names]


def read(file: Path, facts: Mapping[str, Any]) -> Image.Image:
    """Decode a picture to grey or RGB with 8 bits, as the model of these facts takes it. Animations yield their first frame.

    Raises:
        DecodeError: it is not a picture that can be read; the message gives the reason.
        OSError: the file cannot be read.
    """
    content = file.read_bytes()
    if not content:
        raise DecodeError("the file is empty")
    try:
        return convert(upright(content), facts["channels"], tuple(facts.get("background", WHITE)), facts.get("bits", SIXTEEN))
    except DecodeError as error:
        raise DecodeError(f"not a picture that can be read: {error}") from None

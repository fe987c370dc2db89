"""Folders and archives of tiny images, and the attributes of a layout's items."""

import zipfile
from pathlib import Path

from PIL import Image


def write(root: Path, *paths: str) -> None:
    """Write a tiny image at each path that ends in .png, and a text file at every other path."""
    for number, path in enumerate(paths):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        if path.endswith(".png"):
            Image.new("RGB", (4, 4), (number, 0, 0)).save(root / path)
        else:
            (root / path).write_text("not an image")


def size_of(file: Path | str) -> tuple[int, int]:
    """Width and height of an image file, in pixels."""
    with Image.open(file) as image:
        return image.size


def archived(root: Path) -> Path:
    """Pack the folder into a .zip archive next to it and return the archive."""
    archive = root.with_suffix(".zip")
    with zipfile.ZipFile(archive, "w") as file:
        for path in root.rglob("*"):
            file.write(path, path.relative_to(root))
    return archive


def facts(layout) -> list[tuple]:
    """(path, stem, domain, label, split, half) of each of the layout's items."""
    return [(item.path, item.stem, item.domain, item.label, item.split, item.half) for item in layout.items()]

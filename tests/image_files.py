"""Helpers for tests of image sources: write folders and archives of tiny images, and list the items of a source."""

import zipfile
from pathlib import Path

from PIL import Image


def write(root: Path, *paths: str) -> None:
    for number, path in enumerate(paths):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        if path.endswith(".png"):
            Image.new("RGB", (4, 4), (number, 0, 0)).save(root / path)
        else:
            (root / path).write_text("not an image")


def archived(root: Path) -> Path:
    archive = root.with_suffix(".zip")
    with zipfile.ZipFile(archive, "w") as file:
        for path in root.rglob("*"):
            file.write(path, path.relative_to(root))
    return archive


def facts(layout) -> list[tuple]:
    return [(item.path, item.stem, item.domain, item.label, item.split, item.half) for item in layout.items()]

"""Files of prepared pixels: .npy files that are written row by row, so that pixels are never all in memory."""

import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import numpy as np

BLOCK = 1024  # images read at a time


class PixelsFile:
    """An .npy file of images uint8 (N, H, W, C), open for writing. Images that are not written are zeros."""

    def __init__(self, file: Path, shape: tuple[int, ...]):
        self.file, self.shape, self.size = file, shape, math.prod(shape[1:])
        self.opened = file.open("wb+")
        np.lib.format.write_array_header_1_0(self.opened, {"descr": "|u1", "fortran_order": False, "shape": shape})
        self.opened.flush()
        self.start = self.opened.tell()
        os.truncate(self.opened.fileno(), self.start + math.prod(shape))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.opened.close()

    def write(self, place: int, images: np.ndarray) -> None:
        """Write consecutive images, uint8 (n, H, W, C), from this row on.

        Raises:
            OSError: the disk is full.
        """
        data = np.ascontiguousarray(images, np.uint8).reshape(-1).data
        offset = self.start + place * self.size
        while data:  # a write may be partial, as on a disk that is nearly full
            written = os.pwrite(self.opened.fileno(), data, offset)
            data, offset = data[written:], offset + written


def mapped(file: Path) -> np.memmap:
    """Images of an .npy file, read from disk when they are used."""
    images: np.memmap = np.load(file, mmap_mode="r")
    return images


def unnamed(images: np.ndarray) -> np.ndarray:
    """Mapped images that stay when the name of their file is removed. Others are returned as they are."""
    file = whole_file(images)
    if file is None or not isinstance(images, np.memmap):
        return images
    with os.fdopen(os.open(file, os.O_RDONLY), "rb") as opened:  # numpy takes no name from it, so that nobody looks for the file
        return np.memmap(opened, np.uint8, "r", images.offset, images.shape)


def blocks(images: np.ndarray) -> Iterator[memoryview]:
    """The bytes of images (N, H, W, C), block by block. Mapped images are read from their file: pages that were touched count as memory."""
    file = whole_file(images)
    if isinstance(images, np.memmap) and file is not None:
        size = BLOCK * math.prod(images.shape[1:])
        with file.open("rb") as opened:
            opened.seek(images.offset)
            while data := opened.read(size):
                yield memoryview(data)
        return
    for start in range(0, len(images), BLOCK):
        yield np.ascontiguousarray(images[start : start + BLOCK]).data


def whole_file(images: np.ndarray) -> Path | None:
    """The .npy file that holds exactly these images; None for images in memory, a part of a file, or a file that has gone."""
    if not isinstance(images, np.memmap) or not images.filename or images.mode != "r" or not images.flags.c_contiguous:
        return None
    file = Path(images.filename)
    try:
        stored = mapped(file)
    except (OSError, ValueError):
        return None
    same = (stored.shape, stored.dtype, stored.offset) == (images.shape, images.dtype, images.offset)
    return file if same else None

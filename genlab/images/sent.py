"""Prepared image sets that are sent to other processes."""

import dataclasses
from pathlib import Path
from typing import NamedTuple

import numpy as np

from genlab.images.prepared_set import PreparedSet


class Sent(NamedTuple):
    """An image set as a small message: memory-mapped images are sent as the name of their file."""

    images: PreparedSet
    file: str | None  # of the images, which are read from disk; None: they are part of the set

    @classmethod
    def of(cls, images: PreparedSet) -> "Sent":
        """Describe an image set."""
        pixels = images.images
        if not isinstance(pixels, np.memmap) or not pixels.filename:
            return cls(images, None)
        return cls(dataclasses.replace(images, images=np.empty(0)), str(Path(pixels.filename).absolute()))

    def image_set(self) -> PreparedSet:
        """Return the image set."""
        return self.images if self.file is None else dataclasses.replace(self.images, images=np.load(self.file, mmap_mode="r"))

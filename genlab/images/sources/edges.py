"""Edges and their photos: the pairs of edges -> photo (Isola et al. 2017, arXiv:1611.07004, figure 1), made on the fly."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image

from genlab.errors import InputError
from genlab.images.sources.derived import PHOTO, derived_pairs
from genlab.images.sources.files import Item
from genlab.serving.images import convert

EDGES = "edges"


@dataclass(frozen=True)
class Canny:
    """A folder of photos as pairs: a, the edges that Canny's detector finds (IEEE PAMI 8(6), 1986); b, the photo.

    pix2pix's own sets drew their edges with HED (arXiv:1504.06375), a network whose weights no package has. Lines are one pixel wide:
    shrunk with a large photo they fade. Set `side` to the set's `size` where photos are larger.
    """

    root: str  # folder or .zip; train/, test/, val/ directly in it are splits
    low: float = 100.0  # hysteresis: a slope above `high` begins an edge, one above `low` continues it
    high: float = 200.0  # the slope is |dx| + |dy| of 3 x 3 Sobel filters: 4 times the grey levels of a straight step
    blur: float = 1.0  # standard deviation in pixels of the Gaussian filter before it, against noise; 0 for none
    lines: Literal["black", "white"] = "black"  # on the opposite, as edges2shoes and edges2handbags have them: black on white
    side: int = 0  # larger photos are shrunk to this shorter side first, in pixels; 0: they stay as they are

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.high:
            raise InputError(f"Canny's thresholds are 0 <= `low` <= `high`; got low {self.low:g} and high {self.high:g}.")
        if self.blur < 0 or self.side < 0:
            raise InputError(f"Canny's `blur` and `side` are 0 or more pixels; got {self.blur:g} and {self.side}.")
        if self.lines not in ("black", "white"):
            raise InputError(f"Canny's `lines` are 'black' or 'white'; got '{self.lines}'.")

    def items(self) -> Iterator[Item]:
        return derived_pairs(self.root, EDGES, self.edges, self.side)

    def domains(self) -> dict[str, str]:
        return {"a": EDGES, "b": PHOTO}

    def edges(self, image: Image.Image) -> np.ndarray:
        """An image of any mode -> its edges, uint8 (H, W) of 0 and 255; whatever is transparent is laid on white first."""
        import cv2

        grey = np.asarray(convert(image, 1))
        if self.blur > 0:
            grey = cv2.GaussianBlur(grey, (0, 0), self.blur)
        found = cv2.Canny(grey, self.low, self.high)
        return 255 - found if self.lines == "black" else found

"""Pairs of edges and photos (Isola et al. 2017, arXiv:1611.07004, figure 1); edges are computed when a photo is read."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image

from genlab.errors import InputError
from genlab.images.sources.derived import PHOTO, derived_pairs
from genlab.images.sources.files import Item, Survey, survey
from genlab.serving.images import MAX_PIXELS, convert

EDGES = "edges"


@dataclass(frozen=True)
class Canny:
    """A folder of photos as pairs: a, edges of Canny's detector (IEEE PAMI 8(6), 1986); b, the photo.

    The edges of pix2pix's sets were drawn by HED (arXiv:1504.06375), a network whose weights are in no package. Lines are one pixel wide
    and fade if they are downscaled together with a large photo. Set `side` to the `size` of the set if photos are larger.
    """

    root: str  # folder or archive; folders train, test and val are the split
    low: float = 100.0  # hysteresis: a slope above `high` starts an edge, a slope above `low` continues it
    high: float = 200.0  # slopes are |dx| + |dy| of 3 x 3 Sobel filters: 4 times the grey levels of a straight step
    blur: float = 1.0  # standard deviation of the Gaussian filter applied first to reduce noise, px; 0: none
    lines: Literal["black", "white"] = "black"  # colour of the lines; the background has the other. edges2shoes and edges2handbags: black
    side: int = 0  # larger photos are first downscaled to this shorter side, px; 0: not downscaled
    max_pixels: int = MAX_PIXELS  # largest width x height of a photo; larger ones are not decoded

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.high:
            raise InputError(f"Canny's thresholds are 0 <= `low` <= `high`; got low {self.low:g} and high {self.high:g}.")
        if self.blur < 0 or self.side < 0:
            raise InputError(f"Canny's `blur` and `side` are 0 or more pixels; got {self.blur:g} and {self.side}.")
        if self.lines not in ("black", "white"):
            raise InputError(f"Canny's `lines` are 'black' or 'white'; got '{self.lines}'.")

    def items(self) -> Iterator[Item]:
        return derived_pairs(self.root, EDGES, self.edges, self.side, self.max_pixels)

    def domains(self) -> dict[str, str]:
        return {"a": EDGES, "b": PHOTO}

    def survey(self) -> Survey:
        return survey(self.root)

    def edges(self, image: Image.Image) -> np.ndarray:
        """Edges of an image of any mode, uint8 (H, W) of 0 and 255. Transparent images are first placed on white."""
        import cv2

        grey = np.asarray(convert(image, 1))
        if self.blur > 0:
            grey = cv2.GaussianBlur(grey, (0, 0), self.blur)
        found = cv2.Canny(grey, self.low, self.high)
        return 255 - found if self.lines == "black" else found

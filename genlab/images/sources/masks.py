"""Pairs of masks and photos. A mask, a label map of object and background, is computed when the photo is read."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image

from genlab.errors import InputError
from genlab.images.sources.derived import PHOTO, derived_pairs
from genlab.images.sources.files import Item, Survey, survey
from genlab.serving.images import MAX_PIXELS, convert

MASK = "mask"


@dataclass(frozen=True)
class Otsu:
    """A folder of photos as pairs: a, the mask of the object, white on black; b, the photo.

    If an image has transparent pixels, its alpha channel is the mask. Otherwise the luma is thresholded by Otsu's method (IEEE SMC 9(1),
    1979), which suits one object on a plain background; `foreground` specifies which side of the threshold is the object.
    """

    root: str  # folder or archive; folders train, test and val are the split
    foreground: Literal["dark", "light"] = "dark"  # the object, compared with the background; dark for products in front of a white wall
    max_pixels: int = MAX_PIXELS  # largest width x height of a photo; larger ones are not decoded

    def __post_init__(self) -> None:
        if self.foreground not in ("dark", "light"):
            raise InputError(f"Otsu's `foreground` is 'dark' or 'light', compared with its background; got '{self.foreground}'.")

    def items(self) -> Iterator[Item]:
        return derived_pairs(self.root, MASK, self.mask, max_pixels=self.max_pixels)

    def domains(self) -> dict[str, str]:
        return {"a": MASK, "b": PHOTO}

    def survey(self) -> Survey:
        return survey(self.root)

    def mask(self, image: Image.Image) -> np.ndarray:
        """Mask of an image of any mode, uint8 (H, W): 255 for the object, 0 for the background; alpha has values between."""
        import cv2

        if image.has_transparency_data:
            alpha = np.asarray(image.convert("RGBA").getchannel("A"))
            if alpha.min() < 255:  # a fully opaque alpha channel is no mask
                return alpha
        side = cv2.THRESH_BINARY_INV if self.foreground == "dark" else cv2.THRESH_BINARY
        _, mask = cv2.threshold(np.asarray(convert(image, 1)), 0, 255, side | cv2.THRESH_OTSU)
        return mask

"""Masks and their photos: the pairs of label -> photo with two labels, thing and background, made on the fly."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image

from genlab.errors import InputError
from genlab.images.sources.derived import PHOTO, derived_pairs
from genlab.images.sources.files import Item
from genlab.serving.images import convert

MASK = "mask"


@dataclass(frozen=True)
class Otsu:
    """A folder of photos as pairs: a, the mask of the thing in it, white on black; b, the photo.

    Of an image with transparent pixels the alpha channel is the mask. Else the luma is cut in two at Otsu's threshold (IEEE SMC 9(1),
    1979), which suits one thing before a plain background, and says which of the two is the thing only by `foreground`.
    """

    root: str  # folder or .zip; train/, test/, val/ directly in it are splits
    foreground: Literal["dark", "light"] = "dark"  # than the background: dark for products before a white wall

    def __post_init__(self) -> None:
        if self.foreground not in ("dark", "light"):
            raise InputError(f"Otsu's `foreground` is 'dark' or 'light', as the thing is beside its background; got '{self.foreground}'.")

    def items(self) -> Iterator[Item]:
        return derived_pairs(self.root, MASK, self.mask)

    def domains(self) -> dict[str, str]:
        return {"a": MASK, "b": PHOTO}

    def mask(self, image: Image.Image) -> np.ndarray:
        """An image of any mode -> uint8 (H, W), 255 on the thing, 0 off it; the alpha channel has every value between."""
        import cv2

        if image.has_transparency_data:
            alpha = np.asarray(image.convert("RGBA").getchannel("A"))
            if alpha.min() < 255:  # a channel that is there and says nothing is no mask
                return alpha
        side = cv2.THRESH_BINARY_INV if self.foreground == "dark" else cv2.THRESH_BINARY
        _, mask = cv2.threshold(np.asarray(convert(image, 1)), 0, 255, side | cv2.THRESH_OTSU)
        return mask

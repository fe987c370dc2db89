"""Decoding and resizing of single images. For the conversion to grey or RGB see genlab.serving.images."""

from typing import TYPE_CHECKING, Literal, cast

import numpy as np
from PIL import Image, ImageOps

from genlab.images.prepared_set import Colour
from genlab.serving.errors import DecodeError
from genlab.serving.images import WHITE, upright

if TYPE_CHECKING:  # sources import this module; a direct import would be circular
    from genlab.images.sources.files import Item

Fit = Literal["crop", "pad", "stretch"]


def decode(content: bytes | np.ndarray, half: str = "") -> Image.Image:
    """Decode the bytes of an image file, and rotate the image as its EXIF data specifies. The pixels are loaded.

    Animations yield their first frame. `half` selects the "left" or "right" half of a side-by-side image. An array uint8 (H, W[, C])
    is converted to an image without further changes.

    Raises:
        DecodeError: the bytes are not an image, or the image is damaged, truncated, too large, or has no two equal halves.
    """
    if isinstance(content, np.ndarray):
        return Image.fromarray(content)
    image = upright(content)
    name = image.format
    if half:
        if image.width % 2:
            raise DecodeError(f"an odd width, {image.width}: no two equal halves")
        middle = image.width // 2
        image = image.crop((0, 0, middle, image.height) if half == "left" else (middle, 0, image.width, image.height))
    image.format = name
    return image


def load(item: "Item") -> bytes | np.ndarray:
    """Read the bytes or the pixels of an item.

    Raises:
        DecodeError: the file cannot be read, or the item computes its pixels from a file that is not an image.
    """
    try:
        return item.read()
    except DecodeError:
        raise
    except Exception as error:  # a folder raises OSError; an archive also zlib.error, BadZipFile and NotImplementedError
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise DecodeError((reason or type(error).__name__).lower()) from error


def resize(image: Image.Image, height: int, width: int, fit: Fit, background: Colour = WHITE) -> Image.Image:
    """Resize an image to height x width with antialiased Lanczos filtering; an image of this size is returned unchanged.

    `fit` specifies how an image with another aspect ratio is resized. crop: cover the frame and crop to the centre. pad: fit into the
    frame and fill the rest with the background. stretch: change the aspect ratio.
    """
    size = (width, height)
    if image.size == size:
        return image
    if fit == "stretch":
        return image.resize(size, Image.Resampling.LANCZOS)
    if fit == "crop":
        return ImageOps.fit(image, size, Image.Resampling.LANCZOS)
    grey = cast(int, Image.new("RGB", (1, 1), background).convert("L").getpixel((0, 0)))
    return ImageOps.pad(image, size, Image.Resampling.LANCZOS, color=background if image.mode == "RGB" else grey)

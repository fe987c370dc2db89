"""Decoding and resizing of single images. For the conversion to grey or RGB see genlab.serving.images."""

from typing import TYPE_CHECKING, Literal, cast

import numpy as np
from PIL import Image, ImageOps

from genlab.images.prepared_set import Colour
from genlab.serving.errors import DecodeError, TooLargeError
from genlab.serving.images import MAX_PIXELS, WHITE, upright, without_pillows_limit

if TYPE_CHECKING:  # sources import this module; a direct import would be circular
    from genlab.images.sources.files import Item

Fit = Literal["crop", "pad", "stretch"]


def decode_item(item: "Item", content: bytes | np.ndarray) -> Image.Image:
    """Decode the content of an item of an image set as `decode` does; a DecodeError names what to change in the set."""
    return decode_in_set(content, item.max_pixels, item.half)


def decode_in_set(content: bytes | np.ndarray, max_pixels: int, half: str = "") -> Image.Image:
    """Decode a file of an image set as `decode` does; a DecodeError names what to change in the set."""
    try:
        return decode(content, half, max_pixels)
    except TooLargeError as error:
        raise DecodeError(f"{error}: downscale it, or raise `max_pixels` of the image set") from error


def decode(
    content: bytes | np.ndarray,
    half: str = "",  # "left" or "right" half of a side-by-side image; "": all of it
    max_pixels: int = MAX_PIXELS,  # largest width x height of a file
) -> Image.Image:
    """Decode the bytes of an image file, and rotate the image as its EXIF data specifies. The pixels are loaded.

    Animations yield their first frame. An array uint8 (H, W[, C]) is converted to an image without further changes.

    Raises:
        DecodeError: the bytes are not an image, or the image is damaged, truncated, or has no two equal halves.
        TooLargeError: the image has more pixels than allowed; a DecodeError, too.
    """
    if isinstance(content, np.ndarray):
        return Image.fromarray(content)
    image = upright(content, max_pixels)
    name = image.format
    if half:
        if image.width % 2:
            raise DecodeError(f"an odd width, {image.width}: no two equal halves")
        middle = image.width // 2
        with without_pillows_limit():
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

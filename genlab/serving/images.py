"""Image files: decoding, conversion to grey or RGB, and encoding as PNG."""

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from PIL import Image, ImageOps

from .errors import DecodeError, TooLargeError

MAX_PIXELS = 89_478_485  # PIL warns of a decompression bomb above this number; here it is an error, unless a larger limit is given
PILLOWS_LIMIT = threading.Lock()  # held while Pillow's own limit, a global variable, is off
WHITE = (255, 255, 255)
SIXTEEN_BITS = frozenset({"I;16", "I;16L", "I;16B", "I;16N", "I"})  # PIL opens some 16-bit files as 32-bit "I"


@contextmanager
def without_pillows_limit() -> Iterator[None]:
    """Context manager in which Pillow opens, reads and crops images of any size. The caller checks the size."""
    with PILLOWS_LIMIT:
        limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = limit


def upright(content: bytes, max_pixels: int = MAX_PIXELS) -> Image.Image:
    """Decode the bytes of an image file and rotate the image as its EXIF data specifies. Animations yield their first frame.

    Raises:
        TooLargeError: the image has more than `max_pixels` pixels, width x height. They are not read.
        Exception: PIL's plugins raise almost anything for damaged bytes: OSError, SyntaxError, struct.error, IndexError.
    """
    with without_pillows_limit():
        image = Image.open(io.BytesIO(content))
        if image.width * image.height > max_pixels:
            raise TooLargeError(f"{image.width:,} x {image.height:,} pixels, more than {max_pixels:,}")
        if image.width * image.height > MAX_PIXELS:
            image.load()
    image.load()
    turned: Image.Image = ImageOps.exif_transpose(image)
    turned.format = image.format
    return turned


def convert(image: Image.Image, channels: int, background: tuple[int, int, int] = WHITE) -> Image.Image:
    """Convert an image of any mode to grey (1 channel) or RGB (3 channels) with 8 bits, on a background if it is transparent.

    16 bits are scaled to 8 (65535 -> 255), grey is the luma of ITU-R 601-2, and colour profiles are ignored.

    Raises:
        DecodeError: the range or the colours of the mode are unknown: floating point, 32 bits, Lab.
    """
    if image.mode in SIXTEEN_BITS:
        image = eight_bits(image)
    if image.mode == "F":
        raise DecodeError("floating-point pixels have no known range: save it with 8 or 16 bits")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, (*background, 255)), image)
    try:
        return image.convert("RGB").convert("L") if channels == 1 else image.convert("RGB")
    except ValueError as error:
        raise DecodeError(f"mode {image.mode} can't be converted to RGB: save it as RGB") from error


def eight_bits(image: Image.Image) -> Image.Image:
    """Convert a 16-bit grey image to 8 bits: v / 257, rounded.

    Raises:
        DecodeError: a pixel is outside 0 to 65535.
    """
    values = np.asarray(image).astype(np.int64)
    if values.min() < 0 or values.max() > 65535:
        raise DecodeError(f"32-bit pixels from {values.min()} to {values.max()}: save it with 8 or 16 bits")
    return Image.fromarray(((values + 128) // 257).astype(np.uint8))


def to_unit(image: Image.Image) -> np.ndarray:
    """Grey or RGB image with 8 bits -> float32 (1, C, H, W) in [-1, 1]."""
    pixels = np.asarray(image, np.float32).reshape(image.height, image.width, -1)
    unit: np.ndarray = pixels.transpose(2, 0, 1)[None] / np.float32(127.5) - np.float32(1)
    return unit


def to_bytes(image: np.ndarray) -> np.ndarray:
    """Float32 (C, H, W) in [-1, 1] -> uint8 (H, W, C), rounded and clipped."""
    levels: np.ndarray = np.rint((image.transpose(1, 2, 0) + np.float32(1)) * np.float32(127.5)).clip(0, 255).astype(np.uint8)
    return levels


def png(pixels: np.ndarray) -> bytes:
    """Pixels uint8 (H, W, C), C 1 or 3 -> bytes of a PNG file."""
    file = io.BytesIO()
    Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels).save(file, "PNG")
    return file.getvalue()

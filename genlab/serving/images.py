"""Images: from bytes to upright pixels, from any mode to grey or RGB, and from pixels to a PNG file."""

import io

import numpy as np
from PIL import Image, ImageOps

from .errors import DecodeError

MAX_PIXELS = 89_478_485  # PIL's own bound, from which on it warns of a decompression bomb; here it is an error
WHITE = (255, 255, 255)
SIXTEEN_BITS = frozenset({"I;16", "I;16L", "I;16B", "I;16N", "I"})  # PIL opens some 16-bit files as 32-bit "I"


def upright(content: bytes) -> Image.Image:
    """A file's bytes -> the whole image, loaded, upright as its EXIF says; animations yield their first frame.

    Raises:
        DecodeError: more than MAX_PIXELS.
        Exception: PIL's plugins raise almost anything for damaged bytes: OSError, SyntaxError, struct.error, IndexError.
    """
    image = Image.open(io.BytesIO(content))
    if image.width * image.height > MAX_PIXELS:
        raise DecodeError(f"{image.width:,} x {image.height:,} pixels, more than {MAX_PIXELS:,}")
    image.load()
    turned = ImageOps.exif_transpose(image)
    turned.format = image.format
    return turned


def convert(image: Image.Image, channels: int, background: tuple[int, int, int] = WHITE) -> Image.Image:
    """Any mode -> grey (channels 1) or RGB (channels 3), 8 bits; whatever is transparent is laid on the background.

    16 bits are scaled to 8 (65535 -> 255), grey is the luma of ITU-R 601-2, and colour profiles are not applied.

    Raises:
        DecodeError: a mode whose range or colours can't be known: floating point, 32 bits, Lab.
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
    """16-bit grey -> L: v / 257, rounded.

    Raises:
        DecodeError: 32-bit pixels outside 0 to 65535.
    """
    values = np.asarray(image).astype(np.int64)
    if values.min() < 0 or values.max() > 65535:
        raise DecodeError(f"32-bit pixels from {values.min()} to {values.max()}: save it with 8 or 16 bits")
    return Image.fromarray(((values + 128) // 257).astype(np.uint8))


def to_unit(image: Image.Image) -> np.ndarray:
    """Grey or RGB, 8 bits -> (1, C, H, W) float32 in [-1, 1]."""
    pixels = np.asarray(image, np.float32).reshape(image.height, image.width, -1)
    unit: np.ndarray = pixels.transpose(2, 0, 1)[None] / np.float32(127.5) - np.float32(1)
    return unit


def to_bytes(image: np.ndarray) -> np.ndarray:
    """(C, H, W) float32 in [-1, 1] -> (H, W, C) uint8, rounded; values outside are clipped."""
    return np.rint((image.transpose(1, 2, 0) + np.float32(1)) * np.float32(127.5)).clip(0, 255).astype(np.uint8)


def png(pixels: np.ndarray) -> bytes:
    """uint8 (H, W, C), C 1 or 3 -> a PNG file."""
    file = io.BytesIO()
    Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels).save(file, "PNG")
    return file.getvalue()

"""Depth of stored pixels: how many bits each value of a file has, and images of more than 8 bits as 8 bits."""

import numpy as np
from PIL import Image, TiffImagePlugin

from .errors import DecodeError
from .sound import PNG

SIXTEEN = 16
BYTE_WHITE = 255  # largest value of 8 bits
SIXTEEN_BITS = frozenset({"I;16", "I;16L", "I;16B", "I;16N", "I"})  # PIL opens some 16-bit files as 32-bit "I"
USUAL = (8, 10, 12, 14, 16, 24, 32)  # depths of sensors and file formats
DEPTH = "depth"  # key of `info` of images returned by genlab.serving.images.upright: bits per value in the file
GREY = 0  # colour type of PNG files
BITS_PER_SAMPLE, PHOTOMETRIC, WHITE_IS_ZERO = 258, 262, 0  # tags of TIFF 6.0, and a value


def stored_depth(image: Image.Image, content: bytes) -> int:
    """Bits per value in the file of an image, before any rotation. 8 for formats without other depths."""
    if content.startswith(PNG):
        return content[24]
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        return int(max(image.tag_v2.get(BITS_PER_SAMPLE, (1,))))
    return 8


def corrected(image: Image.Image, content: bytes) -> Image.Image:
    """Correct what PIL leaves of a loaded file's own scale: inverted 16-bit TIFF, and transparent values of PNG that are not 8 bits."""
    depth, key = stored_depth(image, content), image.info.get("transparency")
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        if image.mode in SIXTEEN_BITS and image.tag_v2.get(PHOTOMETRIC) == WHITE_IS_ZERO:
            inverted = Image.fromarray((2**depth - 1 - np.asarray(image).astype(np.int64)).astype(np.uint16))
            inverted.info, inverted.format = image.info, image.format
            return inverted
    elif content.startswith(PNG) and isinstance(key, tuple) and depth == SIXTEEN:
        image.info["transparency"] = tuple(value >> 8 for value in key)  # as PIL shortens the pixels
    elif content.startswith(PNG) and isinstance(key, int) and content[25] == GREY and depth in (2, 4):
        image.info["transparency"] = key * 255 // (2**depth - 1)  # as PIL scales the pixels
    return image


def white_of(image: Image.Image, bits: int) -> int:
    """Stored value that becomes 255, for an image returned by `upright`: 2^bits - 1 for grey of more than 8 bits, 255 for other images.

    A file that declares fewer bits than `bits` is right about itself: it cannot contain larger values.
    """
    if image.mode not in SIXTEEN_BITS:
        return BYTE_WHITE
    return int(2 ** min(bits, image.info.get(DEPTH, bits)) - 1)


def eight_bits(image: Image.Image, bits: int = SIXTEEN) -> Image.Image:
    """Convert a grey image of 16 or 32 bits to 8 bits: 255 v / (2^bits - 1), rounded. A transparent value becomes an alpha channel.

    Raises:
        DecodeError: a pixel is outside 0 to 2^bits - 1.
    """
    values, white = np.asarray(image).astype(np.int64), white_of(image, bits)
    low, high = int(values.min()), int(values.max())
    if low < 0 or high > white:
        raise DecodeError(outside(image, low, high, white))
    grey = Image.fromarray(((values * 255 + white // 2) // white).astype(np.uint8))
    key = image.info.get("transparency")
    if isinstance(key, int):
        grey.putalpha(Image.fromarray(np.where(values == key, 0, 255).astype(np.uint8)))
    if "icc_profile" in image.info:
        grey.info["icc_profile"] = image.info["icc_profile"]
    return grey


def check_colour(image: Image.Image, bits: int) -> None:
    """Check that no bits in use are missing from an image with 16 bits per colour, of which PIL reads the upper 8.

    Raises:
        DecodeError: values are declared to have fewer than 16 bits.
    """
    if image.mode not in SIXTEEN_BITS and image.info.get(DEPTH, 8) == SIXTEEN > bits:
        raise DecodeError(
            f"16 bits per colour, of which the upper 8 are read: of values of {bits} bits, {max(bits - 8, 0)} would be left. "
            "Scale the values to 0 to 65,535, or save it with 8 bits"
        )


def outside(image: Image.Image, low: int, high: int, white: int) -> str:
    """Message about pixels outside 0 to `white`."""
    found = f"{'32' if image.mode == 'I' else '16'}-bit pixels from {low} to {high}"
    bits = next((bits for bits in USUAL if low >= 0 and high < 2**bits), None)
    if white < 2**SIXTEEN - 1:
        return f"{found}, expected 0 to {white}: " + (f"set `bits: {bits}`" if bits else "save it with 8 or 16 bits")
    return f"{found}: save it with 8 or 16 bits" + (f", or set `bits: {bits}` if {2**bits - 1} is white" if bits else "")

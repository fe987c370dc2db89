"""One image: from bytes to upright pixels, from any mode to grey or RGB, from any size to the set's."""

import io
from typing import TYPE_CHECKING, Literal

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from genlab.images.prepared_set import Colour

if TYPE_CHECKING:  # layouts decode, too
    from genlab.images.layouts.files import Item

MAX_PIXELS = 89_478_485  # PIL's own bound, from which on it warns of a decompression bomb; here it is an error
SIXTEEN_BITS = frozenset({"I;16", "I;16L", "I;16B", "I;16N", "I"})  # PIL opens some 16-bit files as 32-bit "I"

Fit = Literal["crop", "pad", "stretch"]
WHITE: Colour = (255, 255, 255)


class DecodeError(Exception):
    """The bytes are no image that can be used; the message says why, in words for the user."""


def decode(content: bytes | np.ndarray, half: str = "") -> Image.Image:
    """A file's bytes, or an array (H, W[, C]) uint8 -> the whole image, loaded, upright as its EXIF says.

    Of an animation the first frame; of a side-by-side image the `half` asked for.

    Raises:
        DecodeError: not an image, damaged, cut off, too large, or without two halves.
    """
    if isinstance(content, np.ndarray):
        return Image.fromarray(content)
    missing = missing_bytes(content)
    if missing > 0:
        raise DecodeError(f"image file is truncated ({missing:,} bytes are missing)")
    try:
        image = Image.open(io.BytesIO(content))
        if image.width * image.height > MAX_PIXELS:
            raise DecodeError(f"{image.width:,} x {image.height:,} pixels, more than {MAX_PIXELS:,}")
        image.load()
        name = image.format
        image = ImageOps.exif_transpose(image)
    except UnidentifiedImageError:
        raise DecodeError(f"not an image: it begins with {content[:12]!r}" if content else "not an image: it is empty") from None
    except DecodeError:
        raise
    except Exception as error:  # PIL's plugins raise almost anything for damaged bytes: OSError, SyntaxError, struct.error, IndexError
        reason = str(error) or type(error).__name__
        raise DecodeError(reason if "truncated" in reason else f"damaged: {reason}") from error
    if half:
        if image.width % 2:
            raise DecodeError(f"an odd width, {image.width}: no two equal halves")
        middle = image.width // 2
        image = image.crop((0, 0, middle, image.height) if half == "left" else (middle, 0, image.width, image.height))
    image.format = name
    return image


def missing_bytes(content: bytes) -> int:
    """How much a WebP file is shorter than its header says: of a WebP that is cut off, PIL only says that it can't decode it."""
    is_webp = content[:4] == b"RIFF" and content[8:12] == b"WEBP"
    return int.from_bytes(content[4:8], "little") + 8 - len(content) if is_webp else 0


def load(item: "Item") -> bytes | np.ndarray:
    """What an item's file holds.

    Raises:
        DecodeError: the file can't be read, or isn't an image where pixels are computed from it.
    """
    try:
        return item.read()
    except DecodeError:
        raise
    except Exception as error:  # a folder raises OSError; an archive also zlib.error, BadZipFile and NotImplementedError
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise DecodeError((reason or type(error).__name__).lower()) from error


def convert(image: Image.Image, channels: int, background: Colour = WHITE) -> Image.Image:
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
    """16-bit grey -> L: v / 257, rounded."""
    values = np.asarray(image).astype(np.int64)
    if values.min() < 0 or values.max() > 65535:
        raise DecodeError(f"32-bit pixels from {values.min()} to {values.max()}: save it with 8 or 16 bits")
    return Image.fromarray(((values + 128) // 257).astype(np.uint8))


def resize(image: Image.Image, height: int, width: int, fit: Fit, background: Colour = WHITE) -> Image.Image:
    """To height x width, Lanczos with antialiasing; an image of that size already is left as it is.

    crop: cover the frame and cut what stands over, from the centre. pad: fit inside, the rest is background. stretch.
    """
    size = (width, height)
    if image.size == size:
        return image
    if fit == "stretch":
        return image.resize(size, Image.Resampling.LANCZOS)
    if fit == "crop":
        return ImageOps.fit(image, size, Image.Resampling.LANCZOS)
    colour = background if image.mode == "RGB" else Image.new("RGB", (1, 1), background).convert("L").getpixel((0, 0))
    return ImageOps.pad(image, size, Image.Resampling.LANCZOS, color=colour)

"""One image: from bytes to upright pixels, and from any size to the set's. genlab.serving.images makes it grey or RGB."""

from typing import TYPE_CHECKING, Literal, cast

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from genlab.images.prepared_set import Colour
from genlab.serving.errors import DecodeError
from genlab.serving.images import WHITE, upright

if TYPE_CHECKING:  # layouts decode, too
    from genlab.images.sources.files import Item

Fit = Literal["crop", "pad", "stretch"]


def decode(content: bytes | np.ndarray, half: str = "") -> Image.Image:
    """A file's bytes, or an array (H, W[, C]) uint8 -> the whole image, loaded, upright as its EXIF says.

    Animations yield their first frame, side-by-side images the `half` asked for.

    Raises:
        DecodeError: not an image, damaged, cut off, too large, or without two halves.
    """
    if isinstance(content, np.ndarray):
        return Image.fromarray(content)
    missing = missing_bytes(content)
    if missing > 0:
        raise DecodeError(f"image file is truncated ({missing:,} bytes are missing)")
    try:
        image = upright(content)
    except UnidentifiedImageError:
        raise DecodeError(f"not an image: it begins with {content[:12]!r}" if content else "not an image: it is empty") from None
    except DecodeError:
        raise
    except Exception as error:  # PIL's plugins raise almost anything for damaged bytes: OSError, SyntaxError, struct.error, IndexError
        reason = str(error) or type(error).__name__
        raise DecodeError(reason if "truncated" in reason else f"damaged: {reason}") from error
    name = image.format
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
    grey = cast(int, Image.new("RGB", (1, 1), background).convert("L").getpixel((0, 0)))
    return ImageOps.pad(image, size, Image.Resampling.LANCZOS, color=background if image.mode == "RGB" else grey)

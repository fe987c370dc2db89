"""Image files: decoding, conversion to grey or RGB, and encoding as PNG."""

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from PIL import Image

from .depth import DEPTH, SIXTEEN, SIXTEEN_BITS, check_colour, corrected, eight_bits, stored_depth
from .errors import DecodeError, TooLargeError
from .profiles import in_srgb
from .sound import Formats, reason, sound_part, words_of

MAX_PIXELS = 89_478_485  # PIL warns of a decompression bomb above this number; here it is an error, unless a larger limit is given
PILLOWS_LIMIT = threading.Lock()  # held while Pillow's own limit, a global variable, is off
REQUEST_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF")  # others may start programs, as EPS does Ghostscript
WHITE = (255, 255, 255)
IGNORED, FRAMES = "ignored", "frames"  # keys of `info` of images returned by `upright`
SEVERAL = frozenset({"GIF", "PNG", "TIFF", "WEBP"})  # formats with frames or pages; the further pictures of MPO are not meant to be seen
COUNTED = frozenset({"PNG", "WEBP"})  # of these, formats whose header has the number
ORIENTATION = 0x0112
EXIF_IN_PNG = frozenset({"exif", "Raw profile type exif", "XML:com.adobe.xmp", "xmp"})  # keys of `info` in which PIL looks for EXIF data
NO_TAGS = 20  # bytes of EXIF data without any tag: its name and the header of a TIFF file
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@contextmanager
def without_pillows_limit() -> Iterator[None]:
    """Context manager in which Pillow opens, reads and crops images of any size. The caller checks the size."""
    with PILLOWS_LIMIT:
        limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = limit


def upright(
    content: bytes,
    max_pixels: int = MAX_PIXELS,  # largest width x height
    formats: Formats = None,
) -> Image.Image:
    """Decode the bytes of an image file and rotate the image as its EXIF data specifies. Animations yield their first frame.

    Extras of the file that cannot be read and are not needed for its pixels, such as damaged EXIF data, are left out. The `info` of the
    image lists them as IGNORED, and has the DEPTH of its values in bits and the number of FRAMES of the file.

    Raises:
        DecodeError: the bytes are not an image, the image is damaged or truncated, or has more than `max_pixels` pixels.
    """
    damaged: list[str] = []
    try:
        image = loaded(content, max_pixels, formats)
    except DecodeError:
        raise
    except Exception as error:  # PIL's plugins raise almost anything for damaged bytes: OSError, SyntaxError, struct.error, IndexError
        image, damaged = loaded_without_extras(content, max_pixels, formats, error)
    if "icc_profile" in image.info and not image.info["icc_profile"]:
        damaged.append("colour profile can't be read")
    orientation, problem = orientation_of(image)
    depth, frames = stored_depth(image, content), frames_of(image, content, opened_whole=not damaged)
    image = corrected(image, content)
    # PIL puts the texts of PNG files into `info` under their own names, so that nothing else is taken over, and no text.
    kept = {"transparency": int | bytes | tuple, "icc_profile": bytes}
    info: dict[str | tuple[int, int], object] = {
        key: image.info[key] for key, kind in kept.items() if isinstance(image.info.get(key), kind)
    }
    turned = image.transpose(TURNS[orientation]) if orientation in TURNS else image.copy()
    turned.info = info | {DEPTH: depth, FRAMES: frames, IGNORED: "; ".join(damaged + problem)}
    turned.format = image.format
    return turned


def loaded(content: bytes, max_pixels: int, formats: Formats) -> Image.Image:
    """Decode the pixels of an image file.

    Raises:
        TooLargeError: the image has more than `max_pixels` pixels, width x height. They are not read.
        Exception: any error of PIL.
    """
    with without_pillows_limit():
        image = Image.open(io.BytesIO(content), formats=formats)
        if image.width * image.height > max_pixels:
            raise TooLargeError(f"{image.width:,} x {image.height:,} pixels, more than {max_pixels:,}")
        if image.width * image.height > MAX_PIXELS:
            image.load()
    image.load()
    return image


def loaded_without_extras(
    content: bytes,
    max_pixels: int,
    formats: Formats,
    error: Exception,  # PIL's error for the whole file
) -> tuple[Image.Image, list[str]]:
    """Decode the pixels of an image file from its sound part -> image, and what was left out because it is damaged.

    Raises:
        DecodeError: the pixels cannot be decoded either.
    """
    part = sound_part(content)
    if part is None:
        raise DecodeError(reason(error, content, formats)) from error
    try:
        image = loaded(part.content, max_pixels, formats)
    except DecodeError:
        raise
    except Exception as other:
        raise DecodeError(reason(other, part.content, formats)) from other
    if part.profile:
        image.info["icc_profile"] = part.profile
    return image, part.damaged


def orientation_of(image: Image.Image) -> tuple[int, list[str]]:
    """Orientation of a loaded image in its EXIF or XMP data (EXIF 2.3, tag 0x0112), 1 if there is none -> (orientation, problems)."""
    if image.format == "PNG" and not EXIF_IN_PNG & image.info.keys():
        return 1, []
    try:
        exif = image.getexif()
        orientation = exif.get(ORIENTATION, 1)
        empty = not exif and len(image.info.get("exif") or b"") > NO_TAGS
    except Exception as error:  # as anywhere in PIL
        return 1, [f"EXIF data can't be read, not rotated ({words_of(error)})"]
    if empty:
        return 1, ["EXIF data can't be read, not rotated"]
    if orientation not in range(9):  # 0 is in use for "unknown"
        return 1, [f"orientation {orientation} in the EXIF data, expected 1 to 8; not rotated"]
    return int(orientation), []


def frames_of(
    image: Image.Image,
    content: bytes,
    opened_whole: bool = False,  # whether the image was opened from this content, not from its sound part
) -> int:
    """Number of frames of an animation or of pages of a TIFF file."""
    if image.format not in SEVERAL:
        return 1
    if opened_whole and image.format in COUNTED:
        return int(getattr(image, "n_frames", 1))
    try:
        with (
            without_pillows_limit(),
            Image.open(io.BytesIO(content), formats=[image.format]) as again,
        ):  # counting moves to the last frame, which would replace the pixels
            return int(getattr(again, "n_frames", 1))  # only classes of formats that can have several frames have the attribute
    except Exception:  # damaged later frames; the first one is sound
        return 1


def convert(
    image: Image.Image,
    channels: int,  # 1: grey, 3: RGB
    background: tuple[int, int, int] = WHITE,  # RGB colour behind transparent pixels
    bits: int = SIXTEEN,  # depth of the values in files of more than 8 bits: 2^bits - 1 is white
) -> Image.Image:
    """Convert an image of any mode to grey (1 channel) or RGB (3 channels) with 8 bits in sRGB, on a background if it is transparent.

    Values of more than 8 bits are scaled to 8 (65535 -> 255), and grey is the luma of ITU-R 601-2. Colours are converted from an embedded
    profile to sRGB; without a usable profile they are taken for sRGB, and CMYK for plain ink on paper.

    Raises:
        DecodeError: the range or the colours of the mode are unknown (floating point, 32 bits, Lab), or `bits` does not fit.
    """
    if image.mode in SIXTEEN_BITS:
        image = eight_bits(image, bits)
    check_colour(image, bits)
    if image.mode == "F":
        raise DecodeError("floating-point pixels have no known range: save it with 8 or 16 bits")
    try:
        image = in_srgb(image)
        if image.has_transparency_data:
            image = image.convert("RGBA")
            image = Image.alpha_composite(Image.new("RGBA", image.size, (*background, 255)), image)
        converted = image.convert("RGB").convert("L") if channels == 1 else image.convert("RGB")
    except ValueError as error:
        raise DecodeError(f"mode {image.mode} can't be converted to RGB: save it as RGB") from error
    converted.info = {}  # the profile does not describe these pixels
    return converted


def channels_first(image: Image.Image) -> np.ndarray:
    """Grey or RGB image with 8 bits -> uint8 (1, C, H, W)."""
    return np.asarray(image).reshape(image.height, image.width, -1).transpose(2, 0, 1)[None]


def to_unit(pixels: np.ndarray) -> np.ndarray:
    """Pixels uint8 of any shape -> float32 in [-1, 1]."""
    unit: np.ndarray = pixels.astype(np.float32) / np.float32(127.5) - np.float32(1)
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

"""The manifest: one row per image, with the properties found by decoding it once."""

import hashlib
import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
from PIL import Image
from tqdm import tqdm

from genlab.images.checking.lookalikes import averaged
from genlab.images.decode import decode_item, load
from genlab.images.prepared_set import Colour
from genlab.images.sources.files import Item
from genlab.serving.depth import SIXTEEN, SIXTEEN_BITS, white_of
from genlab.serving.errors import DecodeError
from genlab.serving.images import FRAMES, IGNORED, WHITE, convert
from genlab.serving.profiles import profile_of

HASH_SIDE = 16  # 256 bits; with the usual 64 bits, one emoji in a hundred has the hash of another
HASH_STEP = 2  # grey levels; JPEG noise causes smaller steps in flat regions

COLUMNS = {
    "path": "str",
    "domain": "str",  # "", "a", "b"
    "stem": "str",
    "pair": "str",  # name of the pair; "" for no pair
    "label": "str",
    "split": "str",  # "train", "test", "" for unused
    "decode_error": "str",  # "" if the image was decoded; otherwise the columns below may be missing
    "sha256": "str",  # of the bytes of the file
    "perceptual_hash": "str",
    "bytes": "Int64",
    "format": "str",
    "mode": "str",  # of the stored pixels; RGB for CMYK whose colour profile is used
    "width": "Int64",  # after the rotation that the EXIF data specifies
    "height": "Int64",
    "mean": "float64",  # of the RGB pixels on the background, 0..255
    "std": "float64",  # root mean square deviation from the mean colour over pixels and channels; 0 for a single colour
    "low": "Int64",  # smallest and largest stored value; of palettes, CMYK and transparent images, of the RGB pixels
    "high": "Int64",
    "white": "Int64",  # stored value that becomes 255; 255 for images of up to 8 bits
    "frames": "Int64",  # of the file; the first one is used
    "profile": "str",  # colour profile from which the pixels are converted to sRGB; "" for no conversion
    "relief": "float64",  # range of the mean grey levels of 16 x 16 cells: almost 0 for one colour with noise
    "alpha_std": "float64",  # standard deviation of the alpha channel, 0..127.5; 0 for opaque images
    "ignored": "str",  # what is left out of the file since it cannot be read; "" for nothing
}
# Columns for the checks of files, which a prepared set does not carry; checking.lookalikes adds the last two.
CHECKED = ("low", "high", "white", "frames", "profile", "relief", "alpha_std", "ignored", "lookalike", "lookalike_bits")


def make_manifest(
    items: Iterable[Item],
    workers: int = 0,  # threads; 0: one per core
    background: Colour = WHITE,  # under transparent pixels
    bits: int = SIXTEEN,  # depth of the values in files of more than 8 bits
) -> pd.DataFrame:
    """Decode every image once and describe it in a row, in the order of the items. Damaged files have a `decode_error`."""
    items = list(items)
    with ThreadPoolExecutor(workers or os.cpu_count()) as threads:
        described = threads.map(lambda item: describe(item, background, bits), items)
        rows = list(tqdm(described, "reading images", len(items), unit="image", disable=None))
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def describe(item: Item, background: Colour, bits: int = SIXTEEN) -> dict[str, object]:
    """Describe an image as a row of the manifest. `assign_splits` adds the pair, and the split if the layout defines none."""
    row: dict[str, object] = {"path": item.path, "domain": item.domain, "stem": item.stem, "pair": "", "label": item.label}
    row |= {"split": item.split, "decode_error": "", "profile": "", "ignored": ""}
    try:
        content = load(item)
        row |= {"sha256": digest(content), "bytes": len(content) if isinstance(content, bytes) else content.nbytes}
        if bits != SIXTEEN and not isinstance(content, bytes):
            raise DecodeError(f"made by the layout, with 8 bits; `bits: {bits}` is for image files. Use files of 8 bits, and remove `bits`")
        stored = decode_item(item, content)
        row |= {"format": stored.format or "array", "mode": stored.mode, "width": stored.width, "height": stored.height}
        image = convert(stored, 3, background, bits)
    except DecodeError as error:
        return row | {"decode_error": str(error)}
    pixels = np.asarray(image)
    row |= origin(stored, bits) | dict(zip(("low", "high"), value_range(stored, pixels), strict=True))
    row |= shape(stored, image)
    return row | {"perceptual_hash": perceptual_hash(image), "mean": pixels.mean(), "std": pixels.var(axis=(0, 1)).mean() ** 0.5}


def origin(image: Image.Image, bits: int) -> dict[str, object]:
    """Columns about the file of a decoded image: white, frames, mode, profile, ignored. CMYK with a usable profile is as good as RGB."""
    profile = profile_of(image)
    problems = [image.info.get(IGNORED, ""), profile.problem]
    found = {"white": white_of(image, bits), "frames": image.info.get(FRAMES, 1), "ignored": "; ".join(filter(None, problems))}
    if profile.transform is None:
        return found
    return found | {"profile": profile.name} | ({"mode": "RGB"} if image.mode == "CMYK" else {})


def shape(
    stored: Image.Image,
    image: Image.Image,  # the same, converted to RGB
) -> dict[str, object]:
    """Columns about what an image shows: relief, alpha_std."""
    cells = averaged(image.convert("L"), HASH_SIDE)
    alpha = np.asarray(stored.convert("RGBA").getchannel("A")).std() if stored.has_transparency_data else 0.0
    return {"relief": float(np.ptp(cells)), "alpha_std": float(alpha)}


def value_range(
    stored: Image.Image,
    pixels: np.ndarray,  # the same, converted to RGB
) -> tuple[int, int]:
    """Smallest and largest stored value of an image; of `pixels` if the stored values are not all that is seen (palettes, alpha)."""
    values = np.asarray(stored) if stored.mode in SIXTEEN_BITS or stored.mode in ("L", "RGB") else pixels
    return int(values.min()), int(values.max())


def digest(content: bytes | np.ndarray) -> str:
    """SHA-256 of the bytes of a file or of an array."""
    return hashlib.sha256(content if isinstance(content, bytes) else np.ascontiguousarray(content).data).hexdigest()


def perceptual_hash(image: Image.Image) -> str:
    """Difference hash of an image, 256 bits as 64 hexadecimal digits.

    A bit is 1 if a position of a 16 x 16 grid is more than HASH_STEP grey levels brighter than its left neighbour. JPEG compression and
    scaling change few bits. Median numbers of different bits for the three styles of the emoji sample: JPEG of quality 90, 1 to 3;
    downscaling from 64 to 48 px and JPEG of quality 75, 4 to 6; two different drawings, 89 to 105.
    """
    grey = np.asarray(image.convert("L").resize((HASH_SIDE + 1, HASH_SIDE), Image.Resampling.BILINEAR), dtype=np.int16)
    return np.packbits(grey[:, 1:] > grey[:, :-1] + HASH_STEP).tobytes().hex()

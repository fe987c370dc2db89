"""The manifest: one row per image, with the properties found by decoding it once."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from PIL import Image

from genlab.images.checking.lookalikes import averaged
from genlab.images.checking.moments import moments
from genlab.images.decode import decode_item, load
from genlab.images.parts import in_parts
from genlab.images.prepared_set import Colour
from genlab.images.sources.files import Item
from genlab.serving.depth import SIXTEEN, SIXTEEN_BITS, white_of
from genlab.serving.errors import DecodeError
from genlab.serving.images import FRAMES, IGNORED, WHITE, convert
from genlab.serving.profiles import profile_of

HASH_SIDE = 16  # 256 bits; with the usual 64 bits, one emoji in a hundred has the hash of another
HASH_STEP = 2  # grey levels; JPEG noise causes smaller steps in flat regions
KEPT = 4096  # rows kept as dictionaries

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

    def work(part: Sequence[Item]) -> list[dict[str, object]]:
        found = complete([described(item, background, bits) for item in part])
        return [listed(item) | columns for item, columns in zip(part, found, strict=True)]

    rows = Rows(list(COLUMNS))
    for part in in_parts(work, list(items), workers, "reading images"):
        rows.add(part)
    return rows.frame()


class Rows:
    """Rows that are collected as dictionaries and kept as a table, which takes a tenth of the memory."""

    def __init__(self, columns: Sequence[str]):
        self.columns, self.waiting = columns, list[Mapping[str, object]]()
        self.frames = [pd.DataFrame(columns=list(columns)).astype(self.types())]

    def types(self) -> dict[str, str]:
        """The type of each column."""
        return {name: COLUMNS[name] for name in self.columns}

    def add(self, rows: Iterable[Mapping[str, object]]) -> None:
        """Append rows."""
        self.waiting += rows
        if len(self.waiting) >= KEPT:
            self.pack()

    def pack(self) -> None:
        """Turn the waiting rows into a table."""
        self.frames.append(pd.DataFrame(self.waiting, columns=list(self.columns)).astype(self.types()))
        self.waiting = []

    def frame(self) -> pd.DataFrame:
        """The table of all rows."""
        if self.waiting:
            self.pack()
        filled = [each for each in self.frames if len(each)]
        return pd.concat(filled, ignore_index=True) if filled else self.frames[0]


class Described(NamedTuple):
    """Columns of an image that follow from its content, and the image itself."""

    columns: dict[str, object]  # without those that `complete` adds
    image: Image.Image | None  # RGB on the background; None for a file that cannot be decoded
    pixels: np.ndarray | None  # of the image, uint8 (H, W, 3)


def described(item: Item, background: Colour, bits: int) -> Described:
    """Read an image and describe it."""
    try:
        content = load(item)
    except DecodeError as error:
        return Described(unreadable(error), None, None)
    return describe(item, content, background, bits)


def listed(item: Item) -> dict[str, object]:
    """Columns of an item that follow from the listing. `assign_splits` adds the pair, and the split if the layout defines none."""
    return {"path": item.path, "domain": item.domain, "stem": item.stem, "pair": "", "label": item.label, "split": item.split}


def describe(
    item: Item,
    content: bytes | np.ndarray,  # of the item
    background: Colour,
    bits: int = SIXTEEN,
) -> Described:
    """Decode an image and describe it."""
    row: dict[str, object] = {"decode_error": "", "profile": "", "ignored": ""}
    row |= {"sha256": digest(content), "bytes": len(content) if isinstance(content, bytes) else content.nbytes}
    try:
        if bits != SIXTEEN and not isinstance(content, bytes):
            raise DecodeError(f"made by the layout, with 8 bits; `bits: {bits}` is for image files. Use files of 8 bits, and remove `bits`")
        stored = decode_item(item, content)
        row |= {"format": stored.format or "array", "mode": stored.mode, "width": stored.width, "height": stored.height}
        image = convert(stored, 3, background, bits)
    except DecodeError as error:
        return Described(row | unreadable(error), None, None)
    grey = image.convert("L")
    row |= origin(stored, bits) | stored_range(stored)
    row |= {"relief": float(np.ptp(averaged(grey, HASH_SIDE))), "alpha_std": alpha_std(stored)}
    return Described(row | {"perceptual_hash": perceptual_hash(grey)}, image, np.asarray(image))


def complete(images: Sequence[Described]) -> list[dict[str, object]]:
    """The columns of images, with those that are computed for many images at a time: mean, std, and low and high if they are missing."""
    found = iter(moments([each.pixels for each in images if each.pixels is not None]))
    return [{**next(found)._asdict(), **each.columns} if each.pixels is not None else each.columns for each in images]


def unreadable(error: DecodeError) -> dict[str, object]:
    """Columns of a file that cannot be read or decoded."""
    return {"decode_error": str(error), "profile": "", "ignored": ""}


def origin(image: Image.Image, bits: int) -> dict[str, object]:
    """Columns about the file of a decoded image: white, frames, mode, profile, ignored. CMYK with a usable profile is as good as RGB."""
    profile = profile_of(image)
    problems = [image.info.get(IGNORED, ""), profile.problem]
    found = {"white": white_of(image, bits), "frames": image.info.get(FRAMES, 1), "ignored": "; ".join(filter(None, problems))}
    if profile.transform is None:
        return found
    return found | {"profile": profile.name} | ({"mode": "RGB"} if image.mode == "CMYK" else {})


def alpha_std(stored: Image.Image) -> float:
    """Standard deviation of the alpha channel, 0..127.5; 0 for an opaque image."""
    return float(np.asarray(stored.convert("RGBA").getchannel("A")).std()) if stored.has_transparency_data else 0.0


def stored_range(stored: Image.Image) -> dict[str, object]:
    """Columns about the stored values of an image: low, high. Nothing if they are those of the RGB pixels (palettes, alpha, plain RGB)."""
    if stored.mode in SIXTEEN_BITS or stored.mode == "L" or (stored.mode == "RGB" and not is_plain(stored)):
        values = np.asarray(stored)
        return {"low": int(values.min()), "high": int(values.max())}
    return {}


def is_plain(stored: Image.Image) -> bool:
    """Whether the RGB pixels of an image are its stored values: it has no colour profile and no transparent colour."""
    return "icc_profile" not in stored.info and not stored.has_transparency_data


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

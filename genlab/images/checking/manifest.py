"""The manifest: one row per image, with the properties found by decoding it once."""

import hashlib
import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
from PIL import Image
from tqdm import tqdm

from genlab.images.decode import decode_item, load
from genlab.images.prepared_set import Colour
from genlab.images.sources.files import Item
from genlab.serving.errors import DecodeError
from genlab.serving.images import WHITE, convert

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
    "mode": "str",
    "width": "Int64",  # after the rotation that the EXIF data specifies
    "height": "Int64",
    "mean": "float64",  # of the RGB pixels on the background, 0..255
    "std": "float64",  # root mean square deviation from the mean colour over pixels and channels; 0 for a single colour
}


def make_manifest(
    items: Iterable[Item],
    workers: int = 0,  # threads; 0: one per core
    background: Colour = WHITE,  # under transparent pixels
) -> pd.DataFrame:
    """Decode every image once and describe it in a row, in the order of the items. Damaged files have a `decode_error`."""
    items = list(items)
    with ThreadPoolExecutor(workers or os.cpu_count()) as threads:
        described = threads.map(lambda item: describe(item, background), items)
        rows = list(tqdm(described, "reading images", len(items), unit="image", disable=None))
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def describe(item: Item, background: Colour) -> dict[str, object]:
    """Describe an image as a row of the manifest. `assign_splits` adds the pair, and the split if the layout defines none."""
    row: dict[str, object] = {"path": item.path, "domain": item.domain, "stem": item.stem, "pair": "", "label": item.label}
    row |= {"split": item.split, "decode_error": ""}
    try:
        content = load(item)
        row |= {"sha256": digest(content), "bytes": len(content) if isinstance(content, bytes) else content.nbytes}
        image = decode_item(item, content)
        row |= {"format": image.format or "array", "mode": image.mode, "width": image.width, "height": image.height}
        image = convert(image, 3, background)
    except DecodeError as error:
        return row | {"decode_error": str(error)}
    pixels = np.asarray(image)
    return row | {"perceptual_hash": perceptual_hash(image), "mean": pixels.mean(), "std": pixels.var(axis=(0, 1)).mean() ** 0.5}


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

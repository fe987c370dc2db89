"""Preparation of image sets: the training and held-out images of a manifest, converted and resized, as one array."""

import hashlib
import json
import math
import os
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from genlab.engine.files import allocate
from genlab.errors import InputError
from genlab.images.checking.manifest import CHECKED, digest
from genlab.images.decode import Fit, decode_item, load, resize
from genlab.images.prepared_set import Colour, Kind, PreparedSet
from genlab.images.sources.files import Item
from genlab.serving.depth import SIXTEEN
from genlab.serving.errors import DecodeError
from genlab.serving.images import WHITE, convert

CHUNK = 1024  # images hashed at a time


def prepare_images(
    items: Iterable[Item],
    manifest: pd.DataFrame,  # rows with split "train" or "test" are used
    name: str,
    kind: Kind,
    size: tuple[int, int],  # height, width
    channels: int,
    background: Colour = WHITE,
    fit: Fit = "crop",
    workers: int = 0,  # threads; 0: one per core
    bits: int = SIXTEEN,  # depth of the values in files of more than 8 bits
) -> PreparedSet:
    """Prepare the images of a validated manifest that are in a split, sorted by domain, stem and path.

    Raises:
        InputError: no image is in a split, or a file is missing, unreadable or changed since the manifest was made.
        DiskFullError: the folder of temporary files has no space for the images.
    """
    used = manifest[manifest["split"] != ""].drop(columns=list(CHECKED), errors="ignore")
    used = used.sort_values(["domain", "stem", "path"], ignore_index=True)
    if used.empty:
        raise InputError("No image is left to prepare.")
    by_path = {item.path: item for item in items}
    shape = (len(used), *size, channels)
    # A temporary file without a name, since a set may be larger than memory. The system removes it when it is no longer used.
    with tempfile.TemporaryFile() as file:
        allocate(file, Path(tempfile.gettempdir(), name), math.prod(shape))
        images = np.memmap(file, np.uint8, "r+", shape=shape)

    def prepare(index: int, path: str, sha256: str) -> None:
        try:
            content = load(by_path[path])
        except (DecodeError, KeyError) as error:
            raise InputError(f"{path} can't be read any more ({error}). Validate the images again.") from error
        if digest(content) != sha256:
            raise InputError(f"{path} has changed since it was validated. Validate the images again.")
        image = convert(decode_item(by_path[path], content), channels, background, bits)
        images[index] = np.asarray(resize(image, *size, fit, background)).reshape(*size, channels)

    with ThreadPoolExecutor(workers or os.cpu_count()) as threads:
        done = threads.map(prepare, range(len(used)), used["path"], used["sha256"])
        for _ in tqdm(done, "preparing images", len(used), unit="image", disable=None):
            pass
    classes = tuple(sorted(set(used["label"]) - {""})) if kind == "labelled" else ()
    declaration: dict[str, object] = {"kind": kind, "shape": shape, "background": background, "fit": fit, "classes": classes}
    declaration |= {} if bits == SIXTEEN else {"bits": bits}
    content_hash = hash_content(images, used, declaration)
    red, green, blue = background
    return PreparedSet(name, kind, images, used, classes, content_hash, (red, green, blue), bits)


def hash_content(
    images: np.ndarray,
    manifest: pd.DataFrame,
    declaration: dict[str, object],  # properties that change the set; not the location of the files
) -> str:
    """SHA-256 of the pixels, of the manifest's stems, domains, labels, splits and pairs, and of the declaration."""
    total = hashlib.sha256(json.dumps(declaration, sort_keys=True).encode())
    rows = manifest[["stem", "domain", "label", "split", "pair"]]
    total.update(json.dumps(rows.to_numpy().tolist()).encode())
    for start in range(0, len(images), CHUNK):
        total.update(np.ascontiguousarray(images[start : start + CHUNK]).data)
    return total.hexdigest()

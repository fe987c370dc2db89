"""Preparation of image sets: the training and held-out images of a manifest, converted and resized, as one array."""

import hashlib
import json
import math
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from genlab.engine.files import space_for
from genlab.errors import InputError
from genlab.images.checking.manifest import CHECKED, digest
from genlab.images.decode import Fit, decode_item, load
from genlab.images.parts import in_parts
from genlab.images.pixels_file import BLOCK, PixelsFile, blocks, mapped, unnamed
from genlab.images.prepared_set import Colour, Kind, PreparedSet
from genlab.images.scan import Look, in_order
from genlab.images.sources.files import Item
from genlab.images.store import Store, digest_of, state_of_pixels
from genlab.serving.depth import SIXTEEN
from genlab.serving.errors import DecodeError
from genlab.serving.images import WHITE, convert

CONTENT_HASH = "content_hash"  # name of a note
HASHED = ("stem", "domain", "label", "split", "pair")  # columns that are part of the content hash


def prepare_images(
    items: Iterable[Item],  # asked for only if an image must be decoded
    manifest: pd.DataFrame,  # rows with split "train" or "test" are used
    name: str,
    kind: Kind,
    size: tuple[int, int],  # height, width
    channels: int,
    background: Colour = WHITE,
    fit: Fit = "crop",
    workers: int = 0,  # threads; 0: one per core
    bits: int = SIXTEEN,  # depth of the values in files of more than 8 bits
    store: Store | None = None,  # has the pixels of images that `read_images` has prepared; None: all images are decoded
) -> PreparedSet:
    """Prepare the images of a validated manifest that are in a split, sorted by domain, stem and path.

    The pixels are on disk: in the store or, without one, in a temporary file that the system removes when it is no longer used.

    Raises:
        InputError: no image is in a split, or a file is missing, unreadable or changed since the manifest was made.
        DiskFullError: the folder of the store or of temporary files has no space for the images.
    """
    used = manifest[manifest["split"] != ""].drop(columns=list(CHECKED), errors="ignore")
    used = in_order(used).reset_index(drop=True)
    if used.empty:
        raise InputError("No image is left to prepare.")
    look = Look(size, channels, background, fit, bits)
    shape = (len(used), *look.shape)
    classes = tuple(sorted(set(used["label"]) - {""})) if kind == "labelled" else ()
    declaration: dict[str, object] = {"kind": kind, "shape": shape, "background": background, "fit": fit, "classes": classes}
    declaration |= {} if bits == SIXTEEN else {"bits": bits}
    if store is None:
        with tempfile.TemporaryDirectory() as folder:
            file = joined_file(items, used, look, workers, Path(folder, "pixels.npy"))
            content_hash, images = hash_content(mapped(file), used, declaration), unnamed(mapped(file))
    else:
        file = stored_file(items, used, look, workers, store)
        images = mapped(file)
        content_hash = known_hash(images, used, declaration, store, file)
    red, green, blue = background
    return PreparedSet(name, kind, images, used, classes, content_hash, (red, green, blue), bits)


def stored_file(items: Iterable[Item], used: pd.DataFrame, look: Look, workers: int, store: Store) -> Path:
    """The file of the used images' pixels in a store. It is made, from other files and by decoding, unless there is one already."""
    rows = store.find(used["path"])
    files, places, agree = np.full(len(used), -1), np.full(len(used), -1), np.zeros(len(used), bool)
    if store.rows is not None and len(store.rows):
        row = store.rows[["sha256", "file", "place"]].iloc[rows.clip(0)]
        agree = (rows >= 0) & (row["sha256"].to_numpy(object) == used["sha256"].to_numpy(object))
        files = np.where(agree & (row["place"] >= 0).to_numpy(), row["file"].to_numpy(), -1)
        places = np.where(files >= 0, row["place"].to_numpy(), -1)
    sources: list[Path] = [store.folder / each.name for each in store.files]
    one = files[0] >= 0 and (files == files[0]).all() and np.array_equal(places, np.arange(len(used)))
    if one and len(mapped(sources[files[0]])) == len(used):
        chosen = sources[int(files[0])]
    else:
        chosen = joined_file(items, used, look, workers, store.new_file(), Sources(files, places, sources))
    if len(sources) != 1 or sources[0] != chosen:
        known = store.rows
        if known is not None:
            place = np.full(len(known), -1)
            place[rows[agree]] = np.flatnonzero(agree)
            known = known.assign(file=0, place=place)
        store.commit(known, [chosen])
    return chosen


class Sources(NamedTuple):
    """Where the pixels of images are."""

    files: np.ndarray  # number of the file of each image, (N,); -1: the image must be decoded
    places: np.ndarray  # row of each image in its file, (N,)
    paths: Sequence[Path]  # of the files


def joined_file(
    items: Iterable[Item],
    used: pd.DataFrame,
    look: Look,
    workers: int,
    target: Path,
    sources: Sources | None = None,  # None: all images are decoded
) -> Path:
    """Write the pixels of the used images to an .npy file, from other files or by decoding.

    Raises:
        DiskFullError: there is no space for the file; nothing has been written.
    """
    size = math.prod(look.shape)
    with space_for(target, len(used) * size):
        target.parent.mkdir(parents=True, exist_ok=True)
        with PixelsFile(target, (len(used), *look.shape)) as file:
            missing = np.arange(len(used)) if sources is None else np.flatnonzero(sources.files < 0)
            for number, path in enumerate(() if sources is None else sources.paths):
                if sources is not None and (chosen := np.flatnonzero(sources.files == number)).size:
                    copy_rows(path, sources.places[chosen], file, chosen)
            if len(missing):
                decode_rows(items, used, missing.tolist(), look, workers, file)
    return target


def copy_rows(source: Path, places: np.ndarray, file: PixelsFile, rows: np.ndarray) -> None:
    """Copy images at `places` of an .npy file to `rows` of another one, run by run of consecutive ones."""
    runs = np.flatnonzero((np.diff(places) != 1) | (np.diff(rows) != 1)) + 1
    for run_places, run_rows in zip(np.split(places, runs), np.split(rows, runs), strict=True):
        images = mapped(source)  # once per run: pages that were touched count as memory until the file is no longer mapped
        for start in range(0, len(run_rows), BLOCK):
            file.write(int(run_rows[start]), images[run_places[start] : run_places[start] + min(BLOCK, len(run_rows) - start)])


def decode_rows(items: Iterable[Item], used: pd.DataFrame, rows: Sequence[int], look: Look, workers: int, file: PixelsFile) -> None:
    """Decode the used images of these rows, and write their pixels to the same rows of a file."""
    by_path = {item.path: item for item in items}
    paths, hashes = used["path"].to_numpy(object), used["sha256"].to_numpy(object)

    def prepare(part: Sequence[int]) -> tuple[Sequence[int], list[np.ndarray]]:
        return part, [prepared_pixels(by_path, paths[row], hashes[row], look) for row in part]

    for part, pixels in in_parts(prepare, rows, workers, "preparing images"):
        for row, image in zip(part, pixels, strict=True):
            file.write(row, image)


def prepared_pixels(by_path: Mapping[str, Item], path: str, sha256: str, look: Look) -> np.ndarray:
    """Decode and resize an image -> uint8 (H, W, C).

    Raises:
        InputError: the file is missing, unreadable or changed since the manifest was made.
    """
    try:
        content = load(by_path[path])
    except (DecodeError, KeyError) as error:
        raise InputError(f"{path} can't be read any more ({error}). Validate the images again.") from error
    if digest(content) != sha256:
        raise InputError(f"{path} has changed since it was validated. Validate the images again.")
    return look.pixels(convert(decode_item(by_path[path], content), 3, look.background, look.bits))


def known_hash(images: np.ndarray, used: pd.DataFrame, declaration: dict[str, object], store: Store, pixels: Path) -> str:
    """The content hash of images in a store. It is computed once for each state of their file."""
    about = [digest_of(used[list(HASHED)]), declaration, state_of_pixels(pixels)]
    return str(store.once(CONTENT_HASH, about, lambda: hash_content(images, used, declaration)))


def hash_content(
    images: np.ndarray,
    manifest: pd.DataFrame,
    declaration: dict[str, object],  # properties that change the set; not the location of the files
) -> str:
    """SHA-256 of the pixels, of the manifest's stems, domains, labels, splits and pairs, and of the declaration."""
    total = hashlib.sha256(json.dumps(declaration, sort_keys=True).encode())
    total.update(json.dumps(manifest[list(HASHED)].to_numpy().tolist()).encode())
    for block in blocks(images):
        total.update(block)
    return total.hexdigest()

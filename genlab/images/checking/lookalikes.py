"""Search for held-out images that look like training images: those with near perceptual hashes are compared by their pixels.

A hash of 256 bits confuses different images with few or weak edges: night photos, sparse drawings, forms with other text. Copies, saved as
JPEG or downscaled, differ little in every cell of a grid; different images differ in at least one cell.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np
import pandas as pd
from PIL import Image

from genlab.images.checking.duplicates import training_copies
from genlab.images.decode import decode, load
from genlab.images.parts import in_parts
from genlab.images.prepared_set import Colour
from genlab.images.sources.files import Item
from genlab.images.store import Store, digest_of
from genlab.serving.depth import SIXTEEN
from genlab.serving.errors import DecodeError
from genlab.serving.images import WHITE, convert

LIMIT = 16  # bits of the hash; images that differ in more are not compared
CELL = 8  # least side of a cell, px; finer cells would compare the sharpness of scaled edges
COARSE, FINE = 8, 64  # smallest and largest number of cells per side, powers of 2
SHARE = 0.075  # of the range of grey levels: largest change of a cell by JPEG of quality 75 or downscaling to three quarters
FLAT = 0.02  # of the range: the same where an image is flat; at edges, this and LOCAL of the range of the neighbouring cells
LOCAL = 0.5
NOISE = 1.5  # grey levels: least change that is allowed where an image is flat
DETAILED = 32  # cells per side from which flat places are flat: coarser cells mix them with edges
RELIEF = 2.0  # smallest range of the coarse cells of an image that is not blank, in grey levels
COMPARED = 256  # most training images that are compared with one held-out image at full resolution
BLOCK = 4096  # training images per step, with 64 held-out images: 2 MB, which stay in the processor's cache
LOOKALIKES = "lookalikes"  # name of a note in a store
COMPARED_COLUMNS = ("path", "domain", "split", "sha256", "perceptual_hash")  # decide what looks alike, together with the files


class Small(NamedTuple):
    """Mean grey levels of the cells of an image, (S, S) with S from COARSE to FINE, and the range of its pixels."""

    cells: np.ndarray
    range: float


class Close(NamedTuple):
    """A held-out row, and the training rows of its domain with near perceptual hashes."""

    row: int
    training: np.ndarray  # (K,)
    bits: np.ndarray  # different bits, (K,)


def with_lookalikes(
    manifest: pd.DataFrame,  # with splits
    items: Iterable[Item],
    background: Colour = WHITE,  # under transparent pixels
    bits: int = SIXTEEN,  # depth of the values in files of more than 8 bits
    workers: int = 0,  # threads; 0: one per core
    store: Store | None = None,  # has the result for the same manifest from an earlier run; None: search again
) -> pd.DataFrame:
    """Return a manifest with two further columns about its held-out rows.

    `lookalike` is the path of the training row that looks most alike, and `lookalike_bits` the number of different bits of their
    hashes. Other rows have '' and a missing number.
    """

    def found() -> list[tuple[int, str, int]]:
        return search(manifest, items, background, bits, workers)

    rows = found() if store is None else store.once(LOOKALIKES, digest_of(manifest[list(COMPARED_COLUMNS)]), found)
    paths = [""] * len(manifest)
    distances: list[int | None] = [None] * len(manifest)
    for row, path, different in rows:
        paths[row], distances[row] = path, different
    lookalike, lookalike_bits = pd.Series(paths, manifest.index, dtype="str"), pd.Series(distances, manifest.index, dtype="Int64")
    return manifest.assign(lookalike=lookalike, lookalike_bits=lookalike_bits)


def search(manifest: pd.DataFrame, items: Iterable[Item], background: Colour, bits: int, workers: int) -> list[tuple[int, str, int]]:
    """Held-out rows that look like a training row, each with the path of that row and the different bits of their hashes."""
    pairs = list(close_pairs(manifest, workers=workers))
    involved = sorted({int(row) for pair in pairs for row in (pair.row, *pair.training)})
    by_path = {item.path: item for item in items}
    files = manifest["path"].to_numpy(object)
    read = in_parts(lambda part: [small_of(by_path[files[row]], background, bits) for row in part], involved, workers, "comparing images")
    small = {row: found for row, found in zip(involved, chain.from_iterable(read), strict=True) if found is not None}
    twins = ((pair, confirmed(pair, small)) for pair in pairs)
    return [(pair.row, str(files[pair.training[twin]]), int(pair.bits[twin])) for pair, twin in twins if twin is not None]


def close_pairs(manifest: pd.DataFrame, limit: int = LIMIT, workers: int = 0) -> Iterator[Close]:
    """Yield the held-out rows with training rows of the same domain whose hashes differ in at most `limit` bits.

    Rows with the same bytes as a training row are left to `training_copies`. All pairs are compared: 12,000 held-out and 48,000 training
    images take seconds.
    """
    known = manifest["perceptual_hash"].notna().to_numpy() & (training_copies(manifest) < 0)
    for domain in manifest["domain"].unique():
        here = known & (manifest["domain"] == domain).to_numpy()
        training, held_out = (np.flatnonzero(here & (manifest["split"] == split).to_numpy()) for split in ("train", "test"))
        if not len(training) or not len(held_out):
            continue
        hashes = words(manifest["perceptual_hash"].iloc[training])
        # The word in which images differ most comes first: half of its bits are set. It excludes almost all pairs.
        order = np.argsort(np.abs(np.bitwise_count(hashes).mean(0) - 32), kind="stable")
        hashes = np.ascontiguousarray(hashes[:, order])
        own = np.ascontiguousarray(words(manifest["perceptual_hash"].iloc[held_out])[:, order])

        def compare(part: Sequence[int], own: np.ndarray = own, hashes: np.ndarray = hashes) -> list[tuple[np.ndarray, np.ndarray]]:
            return near(own[part], hashes, limit)

        found = chain.from_iterable(in_parts(compare, range(len(held_out)), workers, "comparing hashes"))
        for row, (places, bits) in zip(held_out, found, strict=True):
            if len(places):
                yield Close(int(row), training[places], bits)


def near(own: np.ndarray, others: np.ndarray, limit: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Hashes (N, W) and (M, W) of W words -> for each of the first, the places of the others that differ in few bits, and the bits."""
    rows, places, bits = [], [], []
    for start in range(0, len(others), BLOCK):
        block = others[start : start + BLOCK]
        row, place = np.nonzero(np.bitwise_count(own[:, None, 0] ^ block[None, :, 0]) <= limit)
        different = np.bitwise_count(own[row] ^ block[place]).sum(1, dtype=np.int64)
        close = different <= limit
        rows.append(row[close])
        places.append(place[close] + start)
        bits.append(different[close])
    row, place, different = map(np.concatenate, (rows, places, bits))
    order = np.argsort(row, kind="stable")
    ends = np.searchsorted(row[order], np.arange(1, len(own)))
    return list(zip(np.split(place[order], ends), np.split(different[order], ends), strict=True))


def words(hashes: pd.Series) -> np.ndarray:
    """Hexadecimal hashes of n bits -> words of 64 bits, uint64 (N, n / 64)."""
    return np.frombuffer(bytes.fromhex("".join(hashes)), np.uint64).reshape(len(hashes), -1)


def small_of(item: Item, background: Colour = WHITE, bits: int = SIXTEEN) -> Small | None:
    """Read an image and average its grey levels in cells of at least CELL pixels; None if it cannot be read any more."""
    try:
        image = convert(decode(load(item), item.half), 1, background, bits)
    except DecodeError:
        return None
    side = COARSE
    while side < FINE and 2 * side * CELL <= min(image.size):
        side *= 2
    low, high = image.getextrema()
    return Small(averaged(image, side), float(high) - float(low))  # type: ignore[arg-type]  # pairs of numbers for one channel


def averaged(image: Image.Image, side: int) -> np.ndarray:
    """Grey image -> means of side x side cells, float32."""
    return np.asarray(image.convert("F").resize((side, side), Image.Resampling.BOX), np.float32)


def pooled(cells: np.ndarray, side: int) -> np.ndarray:
    """Cells (S, S) -> means of groups of cells, (side, side), for a side that divides S."""
    group = len(cells) // side
    means: np.ndarray = cells.reshape(side, group, side, group).mean((1, 3))
    return means


def confirmed(pair: Close, small: Mapping[int, Small]) -> int | None:
    """Position of the training row that looks most alike; None if there is none, or the image is blank.

    Differences of coarse cells are at most those of fine ones, so that coarse cells rule most images out.
    """
    if pair.row not in small:
        return None
    own = small[pair.row]
    coarse, allowed = pooled(own.cells, COARSE), SHARE * own.range
    if np.ptp(coarse) < RELIEF:
        return None
    known = [place for place, row in enumerate(pair.training) if int(row) in small]
    others = np.array([pooled(small[int(pair.training[place])].cells, COARSE) for place in known]).reshape(-1, COARSE, COARSE)
    worst = np.abs(others - coarse).max((1, 2))
    nearest = [known[place] for place in np.argsort(worst, kind="stable")[:COMPARED] if worst[place] <= allowed]
    differences = {place: difference(own, small[int(pair.training[place])]) for place in nearest}
    alike = [place for place in nearest if differences[place] is not None]
    return min(alike, key=lambda place: (differences[place], pair.bits[place], place), default=None)


def difference(own: Small, other: Small) -> float | None:
    """Largest difference of cells of two images, in grey levels, at the coarser of their resolutions; None if they do not look alike.

    A flat place with a light or a line in the other image is a difference, even where the same change at an edge would not be.
    """
    side = min(len(own.cells), len(other.cells))
    one, two = pooled(own.cells, side), pooled(other.cells, side)
    change = np.abs(one - two)
    worst = float(change.max())
    if worst > SHARE * own.range:
        return None
    flat = max(NOISE, FLAT * own.range)
    if side >= DETAILED and worst > flat and (change > flat + LOCAL * np.minimum(local_range(one), local_range(two))).any():
        return None
    return worst


def local_range(cells: np.ndarray) -> np.ndarray:
    """Range of the 3 x 3 cells around each cell, (S, S)."""
    around = np.pad(cells, 1, "edge")
    size = len(cells)
    shifted = [around[row : row + size, column : column + size] for row in range(3) for column in range(3)]
    found: np.ndarray = np.max(shifted, axis=0) - np.min(shifted, axis=0)
    return found

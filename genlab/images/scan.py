"""One pass over the files of a set: each is read once, hashed, decoded, checked and resized. What is known already is not decoded again."""

import logging
import math
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple

import numpy as np
import pandas as pd
from PIL import Image

from genlab.engine.files import space_for
from genlab.images.checking.manifest import COLUMNS, Described, Rows, complete, describe, digest, unreadable
from genlab.images.decode import Fit, load, resize
from genlab.images.parts import in_parts
from genlab.images.pixels_file import PixelsFile
from genlab.images.prepared_set import Colour
from genlab.images.sources.files import Item, open_file
from genlab.images.sources.names import File
from genlab.images.store import Store, settled
from genlab.serving.depth import SIXTEEN
from genlab.serving.errors import DecodeError
from genlab.serving.images import WHITE

LISTED = ("path", "domain", "stem", "pair", "label", "split")  # columns that follow from the listing
CONTENT = tuple(name for name in COLUMNS if name not in LISTED)  # columns that follow from the content of the file

log = logging.getLogger(__name__)


class Look(NamedTuple):
    """How images are prepared."""

    size: tuple[int, int]  # height, width
    channels: int
    background: Colour = WHITE
    fit: Fit = "crop"
    bits: int = SIXTEEN  # depth of the values in files of more than 8 bits

    @property
    def shape(self) -> tuple[int, int, int]:
        """(H, W, C) of a prepared image."""
        return (*self.size, self.channels)

    def pixels(self, image: Image.Image, pixels: np.ndarray | None = None) -> np.ndarray:
        """RGB image on the background, and its pixels if they are known -> uint8 (H, W, C)."""
        if pixels is not None and pixels.shape == self.shape:
            return pixels
        image = image.convert("L") if self.channels == 1 else image
        return np.asarray(resize(image, *self.size, self.fit, self.background)).reshape(self.shape)


class Kept(NamedTuple):
    """Where rows and prepared pixels are kept between readings."""

    store: Store
    look: Look  # how images are prepared
    name: str = ""  # of the set, for the log
    verify: bool = False  # hash all files again, also those whose size and times are known


class Known(NamedTuple):
    """What a store has about the items of a listing."""

    rows: np.ndarray  # number of the row in the store, (N,); -1: none
    same: np.ndarray  # whether the row is that of the file as it is, (N,), bool
    sha256: np.ndarray  # of the file when it was read, (N,); "": unknown

    @classmethod
    def of(cls, store: Store, paths: pd.Series, states: Sequence[str], verify: bool) -> "Known":
        """Look up items. Files that could not be decoded are always read again."""
        rows = store.find(paths)
        found, same = np.flatnonzero(rows >= 0), np.zeros(len(rows), bool)
        sha256 = np.full(len(rows), "", object)
        if store.rows is not None and len(found):
            row = store.rows.iloc[rows[found]]
            sound = (row["decode_error"] == "").to_numpy()
            then, state = row["state"].to_numpy(object), np.array(states, object)[found]
            same[found] = sound & (then == state) & (state != "") & (not verify)
            sha256[found] = np.where(sound, row["sha256"].to_numpy(object), "")
        return cls(rows, same, sha256)


class Task(NamedTuple):
    """An image to read."""

    number: int  # of the item
    item: Item
    sha256: str  # of the file when it was read last; "": unknown
    place: int  # row of its pixels in their file; -1: none


class Part(NamedTuple):
    """Outcome of a part of the images."""

    numbers: list[int]  # of the decoded items
    rows: list[dict[str, object]]  # their columns
    places: list[int]  # rows of the pixels in their file
    pixels: list[np.ndarray]  # (H, W, C) each
    unchanged: list[int]  # numbers of the items whose content has the known hash


def scan(
    items: Sequence[Item],
    listing: pd.DataFrame,  # their columns LISTED, with splits
    kept: Kept,  # the rows of its store are replaced by those of the items
    workers: int = 0,  # threads; 0: one per core
    began: float | None = None,  # `time.perf_counter()` when listing began
) -> pd.DataFrame:
    """Read the images that the store does not have or that have changed -> manifest, one row per item.

    Raises:
        DiskFullError: there is not enough space for the prepared images; nothing has been written.
    """
    began, now, (store, look, name, verify) = began or time.perf_counter(), time.time_ns(), kept
    states = [item.state() for item in items]
    known = Known.of(store, listing["path"], states, verify)
    waiting = np.flatnonzero(~known.same)
    places = places_of(listing, waiting)
    listed_in, rows, numbers = time.perf_counter() - began, Rows(CONTENT), list[int]()
    with new_pixels(store, look, int(places.max(initial=-1)) + 1, int((listing["split"] != "").sum())) as file:

        def save() -> pd.DataFrame:
            return keep(store, listing["path"], [settled(state, now) for state in states], known, numbers, rows.frame(), places, file)

        try:
            tasks = [Task(number, items[number], known.sha256[number], int(places[number])) for number in waiting.tolist()]
            for part in in_parts(partial(examine, look=look), tasks, workers, "reading images", all(map(is_file, items))):
                if file:  # before the rows: an image whose row is kept has its pixels
                    for place, pixels in zip(part.places, part.pixels, strict=True):
                        file.write(place, pixels)
                rows.add(part.rows)
                numbers += part.numbers
                known.same[part.unchanged] = True
        except BaseException:  # also Ctrl-C: the images that have been decoded stay known
            save()
            raise
        content = save()
    log.info("image set '%s': %s", name, summary(len(items), len(waiting), len(numbers), listed_in))
    return pd.concat([listing, content], axis=1)[list(COLUMNS)]


def listing_of(items: Sequence[Item]) -> pd.DataFrame:
    """The columns of a manifest that follow from the listing, one row per item; without pairs, and with the splits of the layout."""
    columns = {name: [getattr(item, name) for item in items] for name in LISTED if name != "pair"}
    return pd.DataFrame(columns | {"pair": ""}, columns=list(LISTED), index=range(len(items))).astype("str")


def places_of(listing: pd.DataFrame, waiting: np.ndarray) -> np.ndarray:
    """Row of each waiting item in a file of pixels, (N,), in the order of a prepared set; -1 for other items and those in no split."""
    places = np.full(len(listing), -1)
    chosen = listing.iloc[waiting]
    chosen = in_order(chosen[chosen["split"] != ""])
    places[chosen.index] = np.arange(len(chosen))
    return places


def in_order(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of a manifest in the order of a prepared set."""
    return rows.sort_values(["domain", "stem", "path"])


def is_file(item: Item) -> bool:
    """Whether an item is a file on disk, which other processes can read as well."""
    return isinstance(item.read, File) and isinstance(item.read.open, partial) and item.read.open.func is open_file


def examine(part: Sequence[Task], look: Look) -> Part:
    """Read images, and describe and prepare those whose content does not have the known hash."""
    found, images = Part([], [], [], [], []), list[Described]()
    for number, item, sha256, place in part:
        try:
            content = load(item)
        except DecodeError as error:
            found.numbers.append(number)
            images.append(Described(unreadable(error), None, None))
            continue
        if sha256 and digest(content) == sha256:
            found.unchanged.append(number)
            continue
        described = describe(item, content, look.background, look.bits)
        found.numbers.append(number)
        images.append(described._replace(image=None))
        if described.image is not None and place >= 0:
            found.places.append(place)
            found.pixels.append(look.pixels(described.image, described.pixels))
    found.rows.extend(complete(images))
    return found


@contextmanager
def new_pixels(
    store: Store,
    look: Look,
    count: int,  # rows of the file; 0: no file
    used: int,  # images in a split
) -> Iterator[PixelsFile | None]:
    """Context manager that makes a file of pixels in a store.

    Raises:
        DiskFullError: there is no space for the pixels and, if only some are new, for the file that joins them with the others.
    """
    if not count:
        yield None
        return
    file, size = store.new_file(), math.prod(look.shape)
    with space_for(file, size * (count if count == used else count + used)):
        file.parent.mkdir(parents=True, exist_ok=True)
        with PixelsFile(file, (count, *look.shape)) as opened:
            yield opened


def keep(
    store: Store,
    paths: pd.Series,  # of all items
    states: Sequence[str],  # of their files
    known: Known,
    numbers: Sequence[int],  # of the decoded items
    rows: pd.DataFrame,  # their columns CONTENT
    places: np.ndarray,
    file: PixelsFile | None,
) -> pd.DataFrame:
    """Replace the rows of a store by those of the items that are known by now -> their columns CONTENT, in the order of the items."""
    rows = rows.iloc[: len(numbers)]  # an interruption may have come between the two
    files = [store.folder / each.name for each in store.files]
    decoded = (rows["decode_error"] == "").to_numpy()
    rows = rows.assign(file=len(files), place=np.where(decoded, places[list(numbers)], -1))
    same = np.flatnonzero(known.same)
    if store.rows is not None and len(same):
        columns = [*CONTENT, "file", "place"]
        rows = (
            pd.concat([store.rows.iloc[known.rows[same]][columns], rows], ignore_index=True)
            if len(rows)
            else store.rows.iloc[known.rows[same]][columns]
        )
    order = np.concatenate([same, np.array(numbers, int)])
    rows = rows.iloc[np.argsort(order, kind="stable")].reset_index(drop=True)
    order.sort()
    found = paths.iloc[order].reset_index(drop=True)
    store.commit(
        rows.assign(path=found, state=pd.Series([states[number] for number in order], dtype="str")),
        [*files, *([file.file] if file else [])],
    )
    return rows[list(CONTENT)]


def summary(count: int, read: int, decoded: int, seconds: float) -> str:
    """What was read, for the log."""
    if not read:
        return f"unchanged: {count:,} images, listed in {seconds:.1f} s"
    if decoded == count:
        return f"{count:,} images, all decoded"
    same = f"{count - read:,} unchanged by size and time"
    return f"{count:,} images: {decoded:,} decoded, {read - decoded:,} unchanged by their SHA-256, {same}"

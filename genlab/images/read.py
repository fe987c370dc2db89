"""Reading the images of a layout into a manifest."""

import logging
import time
from typing import Literal

import pandas as pd

from genlab.errors import InputError
from genlab.images.checking.manifest import make_manifest
from genlab.images.checking.splits import assign_splits
from genlab.images.prepared_set import Colour, Kind
from genlab.images.scan import Kept, listing_of, scan
from genlab.images.sources import Item, Layout, Survey, Surveys
from genlab.images.sources.files import listed_once
from genlab.images.sources.names import SYSTEM, in_words
from genlab.images.sources.recognise import recognised
from genlab.images.store import Store
from genlab.serving.depth import BYTE_WHITE, SIXTEEN
from genlab.serving.images import WHITE

SURVEY = "survey"  # name of a note in a store

log = logging.getLogger(__name__)


def read_images(
    layout: Layout,
    kind: Kind,
    test: float,  # fraction of stems to hold out if the layout has no split
    seed: int,  # of the split
    truth: Literal["stem"] | None = None,  # unpaired sets only: equal stems in a and b show the same object
    workers: int = 0,  # threads; 0: one per core
    background: Colour = WHITE,  # under transparent pixels
    bits: int = SIXTEEN,  # depth of the values in files of more than 8 bits
    kept: Kept | None = None,  # where rows and prepared pixels are kept; None: nothing is kept
) -> tuple[list[Item], pd.DataFrame]:
    """Read and decode every image once, and return the items and the manifest with splits and pairs.

    With `kept`, an image is also prepared while it is decoded, and only images that are new or have changed are decoded.

    Raises:
        InputError: a folder is missing or unreadable, there is no image, the kind needs two domains and the layout has none, or
            `bits` is given and no image has more than 8 bits.
        DiskFullError: with `kept`, there is not enough space for the prepared images; nothing has been written.
    """
    if kind in ("paired", "unpaired") and not layout.domains():
        names = "TwoFolders, TrainTestDomains, SideBySide, Tiles or, from one folder of photos, genlab.images.sources.edges.Canny"
        raise InputError(f"The kind {kind} needs two domains, which {type(layout).__name__} hasn't. Use {names}.")
    began = time.perf_counter()
    with listed_once():
        items, found = list(layout.items()), survey_of(layout)
    if not items:
        root = getattr(layout, "root", "")
        others = in_words(found.passed_over) or "nothing"
        known = [
            f"genlab.images.sources.{each.__name__}" for each in (recognised(root, kind) if root else []) if not isinstance(layout, each)
        ]
        change = f"The files look like those of {' or '.join(known)}: set it as `class` of the source" if known else "Put some there"
        raise InputError(
            f"No images in {root or type(layout).__name__}; looked for .png, .jpg, .webp and whatever else Pillow reads, found: {others}. "
            f"{change}, or change `source`."
        )
    tell(found)
    if kept is None:
        manifest = assign_splits(make_manifest(items, workers, background, bits), kind, test, seed, truth)
    else:
        listing = assign_splits(listing_of(items), kind, test, seed, truth)
        manifest = scan(items, listing, kept, workers, began)
        kept.store.note(SURVEY, None, [dict(found.passed_over), list(found.remarks)])
    if bits != SIXTEEN and (manifest["white"].dropna() == BYTE_WHITE).all() and (manifest["decode_error"] == "").all():
        raise InputError(f"bits: got {bits}, but no image has more than 8 bits per value, for which it is meant. Remove `bits`.")
    return items, manifest


def survey_of(layout: Layout) -> Survey:
    """What a layout found next to its images; an empty survey for a layout that does not report it."""
    return layout.survey() if isinstance(layout, Surveys) else Survey()


def kept_survey(store: Store | None) -> Survey | None:
    """The survey of the last reading into a store; None if there is none."""
    kept = None if store is None else store.noted(SURVEY, None)
    return None if kept is None else Survey(*kept)


def tell(found: Survey) -> None:
    """Log the numbers of files that are passed over, and the remarks. Files of the operating system alone are no warning."""
    if found.passed_over:
        level = logging.WARNING if found.passed_over.keys() - {SYSTEM} else logging.INFO
        log.log(level, "Files that are no images, passed over: %s.", in_words(found.passed_over))
    for remark in found.remarks:
        log.warning("%s", remark)

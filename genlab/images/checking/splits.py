"""Assignment of images to splits by a hash of the seed and the image's name, so that adding an image moves no other image."""

import hashlib
from typing import Literal

import pandas as pd

from genlab.images.prepared_set import Kind


def uniform(seed: int, key: str) -> float:
    """Number in [0, 1) that is a function of the seed and the key."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{key}".encode()).digest()[:8]) / 2**64


def assign_splits(
    manifest: pd.DataFrame,
    kind: Kind,
    fraction: float,  # of stems to hold out
    seed: int,
    truth: Literal["stem"] | None = None,  # unpaired sets only: equal stems in a and b show the same object
) -> pd.DataFrame:
    """Return a manifest with the columns `split` and `pair` filled in. Splits that the layout defines are kept.

    Paired sets: equal stems in a and b are a pair in the same split. Unpaired sets with `truth`: held-out stems are pairs as well,
    so that translations can be scored. A training stem of both domains is used in only one of them, chosen by a second hash, and has
    the split "" in the other, so that training contains no pairs.
    """
    held_out = {stem: uniform(seed, stem) < fraction for stem in manifest["stem"].unique()}
    by_hash = manifest["stem"].map(lambda stem: "test" if held_out[stem] else "train").astype("str")
    split = manifest["split"].where(manifest["split"] != "", by_hash)
    pair = manifest["stem"] if kind == "paired" else pd.Series("", manifest.index)
    if truth == "stem":
        pair = manifest["stem"].where(split == "test", "")
        in_both = manifest.groupby("stem")["domain"].transform("nunique") == 2
        chosen = manifest["stem"].map(lambda stem: "a" if uniform(seed, f"domain:{stem}") < 0.5 else "b")
        split = split.mask((split == "train") & in_both & (manifest["domain"] != chosen), "")
    return manifest.assign(split=split.astype("str"), pair=pair.astype("str"))

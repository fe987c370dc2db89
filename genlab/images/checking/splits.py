"""Which images are held out. A function of the seed and the image's own name: adding an image moves no other."""

import hashlib
from typing import Literal

import pandas as pd

from genlab.images.prepared_set import Kind


def uniform(seed: int, key: str) -> float:
    """A number in [0, 1) that depends on the seed and the key alone."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{key}".encode()).digest()[:8]) / 2**64


def assign_splits(
    manifest: pd.DataFrame,
    kind: Kind,
    fraction: float,  # of the stems to hold out
    seed: int,
    truth: Literal["stem"] | None = None,  # unpaired only: images of one stem in a and b show the same thing
) -> pd.DataFrame:
    """Manifest -> manifest with `split` and `pair`. A split that the layout gave is kept.

    paired: equal stems in a and b are a pair, in the same split.
    unpaired with truth: held-out stems are pairs too, to score a translation against. A training stem that both domains have is
    used in one of them only, chosen by a second hash, and its twin's split is "": so training is truly unpaired.
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

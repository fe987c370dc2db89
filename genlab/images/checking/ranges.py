"""Check that the images of a set use the range of their values."""

import pandas as pd

from genlab.serving.depth import BYTE_WHITE, USUAL

USED = 0.25  # smallest used part of the range; values of 14 bits in files of 16 bits use a quarter less one


def unused_range(
    manifest: pd.DataFrame,  # with domain, low, high and white
) -> pd.Series:
    """For each image of a domain and depth whose images together use less than a quarter of the range, a description; "" for others.

    A single dark image is sound. If all images of a set are, their values probably have fewer bits than their files.
    """
    known = manifest[manifest["white"].notna()]
    words = pd.Series("", manifest.index, dtype="str")
    for _, rows in known.groupby(["domain", "white"]):
        low, high, white = int(rows["low"].min()), int(rows["high"].max()), int(rows["white"].iloc[0])
        if high < USED * white:
            found = f"values from {low:,} to {high:,} in {whole(len(rows))} of {white.bit_length()} bits"
            words[rows.index] = f"{found}, of 0 to {white:,}: {advice(high, white)}"
    return words


def whole(count: int) -> str:
    """The images that were compared, in words."""
    return f"all {count:,} images" if count > 1 else "the only image"


def advice(high: int, white: int) -> str:
    """What to do about images whose largest value is `high` instead of `white`."""
    if white == BYTE_WHITE:
        return "nearly black. Scale the values so that white is 255, unless the scenes are this dark"
    bits = next(bits for bits in USUAL if high < 2**bits)
    return f"nearly black. If white is {2**bits - 1:,}, set `bits: {bits}`"

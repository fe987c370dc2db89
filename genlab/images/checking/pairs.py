"""Checks of the pairs in a manifest. Each returns one description per row, for messages and reports."""

from collections.abc import Mapping

import pandas as pd


def incomplete_pairs(
    manifest: pd.DataFrame,  # with pair and domain
    names: Mapping[str, str],  # domain -> name that the user knows
) -> pd.Series:
    """For each row whose pair does not have exactly one image per domain, a description; "" for complete pairs and rows without a pair."""
    counts = manifest.groupby(["pair", "domain"]).size().unstack(fill_value=0).reindex(columns=["a", "b"], fill_value=0)
    wrong = counts[(counts != 1).any(axis=1) & (counts.index != "")]
    words = {
        pair: "; ".join(amount(count, names.get(str(domain), str(domain))) for domain, count in row.items() if count != 1)
        for pair, row in wrong.iterrows()
    }
    return manifest["pair"].map(lambda pair: words.get(pair, "")).astype("str")


def amount(count: int, domain: str) -> str:
    """Describe the number of images in a domain in words."""
    return f"{count} images in '{domain}'" if count else f"no image in '{domain}'"


def unequal_pairs(
    manifest: pd.DataFrame,  # with pair, width and height; damaged images have no size and are ignored
) -> pd.Series:
    """For each row whose pair has images of different sizes, the sizes; "" for other rows."""
    known = manifest[(manifest["pair"] != "") & manifest["width"].notna()]
    sizes = (known["width"].astype("str") + " x " + known["height"].astype("str")).groupby(known["pair"]).unique()
    words = {pair: " and ".join(found) for pair, found in sizes.items() if len(found) > 1}
    return manifest["pair"].map(lambda pair: words.get(pair, "")).astype("str")

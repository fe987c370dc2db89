"""Search for duplicates: equal bytes.

Each function returns, for each row of the manifest, the index of the row that it duplicates, or -1.
"""

import numpy as np
import pandas as pd


def earlier_copies(manifest: pd.DataFrame) -> np.ndarray:
    """Index of the first row with the same bytes in the same domain and split, (N,); -1 for the first row and unreadable files."""
    keys = manifest[["domain", "split", "sha256"]]
    rows = keys.assign(row=np.arange(len(keys))).groupby(list(keys), dropna=True)["row"].transform("first")
    first = rows.fillna(-1).to_numpy(np.int64)  # files that could not be read have no bytes to compare
    return np.where(first == np.arange(len(keys)), -1, first)


def training_copies(manifest: pd.DataFrame) -> np.ndarray:
    """For held-out rows, index of the first training row with the same bytes in any domain, (N,); -1 for other rows."""
    rows = np.arange(len(manifest))
    training = (manifest["split"] == "train") & manifest["sha256"].notna()
    first = pd.Series(rows[training], manifest.loc[training, "sha256"]).groupby(level=0).first()
    copies = manifest["sha256"].map(first).where(manifest["split"] == "test")
    return copies.fillna(-1).to_numpy(np.int64)

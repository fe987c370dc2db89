"""Prepared image sets, the data of training and evaluation."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

import numpy as np
import pandas as pd

from genlab.errors import InputError
from genlab.serving.depth import SIXTEEN

Kind = Literal["unlabelled", "labelled", "paired", "unpaired"]
Colour = tuple[int, int, int]  # RGB, 0 to 255

IMAGES, MANIFEST, DESCRIPTION = "images.npy", "manifest.parquet", "set.json"


@dataclass(frozen=True, eq=False)
class PreparedSet:
    """Memory-mapped images uint8 (N, H, W, C), and a manifest whose row i describes image i."""

    name: str
    kind: Kind
    images: np.ndarray
    manifest: pd.DataFrame  # every row has a split, "train" or "test"
    classes: tuple[str, ...]  # sorted; empty unless the set is labelled
    content_hash: str  # hash of pixels, names, labels, splits and settings; independent of the location of the files
    background: Colour
    bits: int = SIXTEEN  # depth of the values in files of more than 8 bits; served models decode images with it as well

    def indices(self, split: str, domain: str = "") -> np.ndarray:
        """Indices of the images of a split, and of a domain if given, ordered by stem and path, (K,)."""
        rows = self.manifest[self.manifest["split"] == split]
        rows = rows[rows["domain"] == domain] if domain else rows
        return rows.sort_values(["stem", "path"]).index.to_numpy()

    def pairs(self, split: str) -> tuple[np.ndarray, np.ndarray]:
        """Indices of the images in domains a and b of the pairs of a split, aligned, (K,) each. Incomplete pairs are omitted.

        Raises:
            InputError: the split has no pairs.
        """
        rows = self.manifest[(self.manifest["split"] == split) & (self.manifest["pair"] != "")]
        a, b = (pd.Series(half.index, half["pair"]) for half in (rows[rows["domain"] == domain] for domain in ("a", "b")))
        both = sorted(set(a.index) & set(b.index))
        if not both:
            raise InputError(f"Image set '{self.name}' ({self.kind}) has no pairs in '{split}'. Declare it paired, or with `truth: stem`.")
        return a[both].to_numpy(), b[both].to_numpy()

    def save(self, folder: str | Path) -> None:
        """Write images.npy, manifest.parquet and set.json. Equal sets give equal bytes: no file contains a date or a local path."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        description: dict[str, object] = {"name": self.name, "kind": self.kind, "shape": self.images.shape, "classes": self.classes}
        description |= {"content_hash": self.content_hash, "background": self.background}
        description |= {} if self.bits == SIXTEEN else {"bits": self.bits}
        # Files are renamed when they are complete, the description last: its presence means that the set is complete.
        (folder / DESCRIPTION).unlink(missing_ok=True)
        with (folder / f"{IMAGES}.part").open("wb") as file:
            np.save(file, self.images)
        self.manifest.to_parquet(folder / f"{MANIFEST}.part", index=False)
        (folder / f"{DESCRIPTION}.part").write_text(json.dumps(description, indent=2) + "\n", encoding="utf-8")
        for name in (IMAGES, MANIFEST, DESCRIPTION):
            os.replace(folder / f"{name}.part", folder / name)

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Load a set that `save` wrote; images are read from disk when they are used.

        Raises:
            InputError: the folder contains no complete set.
        """
        folder = Path(folder)
        try:
            description = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
            images = np.load(folder / IMAGES, mmap_mode="r")
            manifest = pd.read_parquet(folder / MANIFEST)
        except (OSError, ValueError) as error:
            raise InputError(f"{folder.absolute()} holds no prepared image set ({error}). Run the set's data preparation.") from error
        if list(images.shape) != description["shape"] or len(manifest) != len(images):
            raise InputError(
                f"{folder.absolute()}: images.npy {images.shape} doesn't fit its manifest. Run the set's data preparation again."
            )
        classes, background = tuple(description["classes"]), tuple(description["background"])
        about = (description["name"], description["kind"], images, manifest, classes, description["content_hash"], background)
        return cls(*about, description.get("bits", SIXTEEN))

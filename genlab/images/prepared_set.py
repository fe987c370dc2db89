"""Prepared image sets, the data of training and evaluation."""

import json
import os
import shutil
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
import pandas as pd

from genlab.engine.files import existing, sha256, whole
from genlab.engine.json_text import json_text
from genlab.engine.paths import expanded
from genlab.errors import InputError
from genlab.images.pixels_file import whole_file
from genlab.serving.depth import SIXTEEN

Kind = Literal["unlabelled", "labelled", "paired", "unpaired"]
Colour = tuple[int, int, int]  # RGB, 0 to 255

IMAGES, MANIFEST, DESCRIPTION = "images.npy", "manifest.parquet", "set.json"


@dataclass(frozen=True, eq=False)
class PreparedSet:
    """Memory-mapped images uint8 (N, H, W, C), and a manifest whose row i describes image i.

    Samples of a known distribution are float32 (N, 1, 1, D) instead, see genlab.densities.sets.
    """

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

    def save(
        self,
        folder: str | Path,
        share: bool = False,  # let images.npy be another name of the file that the images are read from, instead of a copy, if possible
    ) -> None:
        """Write images.npy, manifest.parquet and set.json. Equal sets give equal bytes: no file contains a date or a local path.

        All files are complete before the first one replaces its former version. No file is changed in place.

        Raises:
            DiskFullError: there is no space for the set; a set that was saved before stays as it was.
        """
        folder = expanded(folder)
        description: dict[str, Any] = {
            "name": self.name,
            "kind": self.kind,
            "shape": self.images.shape,
            "classes": self.classes,
            "content_hash": self.content_hash,
            "background": self.background,
            **({} if self.bits == SIXTEEN else {"bits": self.bits}),
        }
        source = whole_file(self.images) if share else None
        known = saved_hash(folder, source)
        shared = source is not None and source.stat().st_dev == existing(folder / IMAGES).stat().st_dev  # on one file system
        with ExitStack() as files:
            # In this order: those that are entered last are renamed first, and the description last.
            described = files.enter_context(whole(folder / DESCRIPTION, 0 if shared else self.images.nbytes))
            rows = files.enter_context(whole(folder / MANIFEST))
            if not known:
                pixels = files.enter_context(whole(folder / IMAGES))
                put(self.images, source, pixels)
                known = sha256(pixels)
            self.manifest.to_parquet(rows, index=False)
            description["sha256"] = {IMAGES: known, MANIFEST: sha256(rows)}
            described.write_text(json_text(description, indent=2) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Load a set that `save` wrote; images are read from disk when they are used.

        Raises:
            InputError: the folder contains no complete set, or a file has another checksum than when the set was saved.
        """
        folder = expanded(folder)
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
        for name, expected in description.get("sha256", {}).items():
            state = (folder / name).stat()
            if verified_sha256(folder / name, state.st_size, state.st_mtime_ns, state.st_ino) != expected:
                raise InputError(
                    f"{(folder / name).absolute()} is damaged: its sha256 is not {expected[:16]}..., with which it was saved. "
                    "Run the set's data preparation again."
                )
        classes, background = tuple(description["classes"]), tuple(description["background"])
        about = (description["name"], description["kind"], images, manifest, classes, description["content_hash"], background)
        return cls(*about, description.get("bits", SIXTEEN))


def put(
    images: np.ndarray,
    source: Path | None,  # the .npy file of the images, if it may be shared
    target: Path,
) -> None:
    """Write images as an .npy file, which is another name of the file `source` where the file system allows it."""
    if source is not None:
        with suppress(OSError):  # another file system, or one without such names
            os.link(source, target)
            return
        shutil.copyfile(source, target)
        return
    with target.open("wb") as opened:
        np.save(opened, images)


def saved_hash(folder: Path, source: Path | None) -> str:
    """SHA-256 of images.npy in a folder if it is the same file as `source` and has not changed since it was saved; else ""."""
    try:
        saved = (folder / DESCRIPTION).stat()
        images = (folder / IMAGES).stat()
        if source is None or not os.path.samestat(images, source.stat()) or images.st_mtime_ns > saved.st_mtime_ns:
            return ""
        return str(json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))["sha256"][IMAGES])
    except (OSError, ValueError, KeyError):
        return ""


@lru_cache(maxsize=64)  # a run loads a set several times; a set of 10 GB takes 5 to 10 s
def verified_sha256(file: Path, size: int, modified: int, inode: int) -> str:
    """SHA-256 of a file, computed once for each state of it."""
    return sha256(file)

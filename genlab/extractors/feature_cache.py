"""Cache of the features of image sets, on disk: computed once for each set and extractor, and then mapped to memory."""

import hashlib
import json
import logging
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from tqdm import tqdm

from genlab.engine import portable
from genlab.engine.files import whole
from genlab.engine.in_order import Batches
from genlab.engine.paths import expanded
from genlab.extractors import resizing
from genlab.extractors.batches import Compute
from genlab.images.prepared_set import PreparedSet

log = logging.getLogger(__name__)


class CachedFeatures(NamedTuple):
    """Features of the images at some indices of a set, float32 (N, D): their file, and how they are computed."""

    file: Path
    images: PreparedSet
    indices: np.ndarray  # (N,), of images in the set
    compute: Compute  # one batch of images -> features
    batch_size: int

    @classmethod
    def of(
        cls,
        folder: str | Path,  # of the cache; features are in its subfolder `features`
        images: PreparedSet,
        indices: np.ndarray,
        key: str,  # of everything that features depend on in addition to the images, see `key_of`
        compute: Compute,
        batch_size: int,
    ) -> "CachedFeatures":
        """Name the file of these features."""
        chosen = hashlib.sha256(np.asarray(indices, "<i8").tobytes()).hexdigest()[:16]
        file = expanded(folder) / "features" / f"{images.content_hash[:16]}_{chosen}_{key}.npy"
        return cls(file, images, indices, compute, batch_size)

    def batches(self) -> Batches[np.ndarray]:
        """The features, batch by batch, (n, D)."""
        return Batches(
            max(1, len(self.indices)),  # a batch without images, if there are none, gives the number of features
            self.batch_size,
            lambda start, stop: np.ascontiguousarray(self.compute(self.images.images[self.indices[start:stop]]), "<f4"),
        )

    def write(self, batches: Iterable[np.ndarray]) -> None:
        """Write the batches to the file as they are computed: the memory that is needed does not grow with the number of images.

        A run that is killed leaves no file of this name.
        """
        log.info("computing features of %s images of '%s', once for all recipes", f"{len(self.indices):,}", self.images.name)
        with whole(self.file) as partial, partial.open("wb") as opened:
            for number, features in enumerate(tqdm(batches, "features", len(self.batches()), unit="batch", disable=None)):
                if number == 0:
                    shape = (len(self.indices), *features.shape[1:])
                    np.lib.format.write_array_header_1_0(opened, {"descr": "<f4", "fortran_order": False, "shape": shape})
                opened.write(features.data)

    def features(self) -> np.ndarray:
        """The features, read-only and mapped to memory; they are computed if there is no file."""
        if not self.file.exists():
            self.write(self.batches())
        cached: np.ndarray = np.load(self.file, mmap_mode="r")
        return cached


def key_of(
    sha256: str,  # of the extractor's weights
    code: Sequence[str],  # files of the modules that compute the features, in addition to the resizing
    settings: Sequence[int | float | str | None],
) -> str:
    """16 hexadecimal digits of everything that features depend on in addition to the images: weights, settings, code and libraries."""
    import onnxruntime

    parts = [sha256, *settings, torch.__version__, np.__version__, onnxruntime.__version__]
    parts += [hashlib.sha256(Path(file).read_bytes()).hexdigest() for file in (*code, resizing.__file__)] + portable.marks()
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]

"""Cache of the features of image sets, on disk: computed once for each set and extractor, and then mapped to memory."""

import hashlib
import json
import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from genlab.engine.files import whole
from genlab.engine.paths import expanded
from genlab.extractors import resizing
from genlab.extractors.batches import Compute
from genlab.images.prepared_set import PreparedSet

log = logging.getLogger(__name__)


def cached_features(
    folder: str | Path,  # of the cache; features are in its subfolder `features`
    images: PreparedSet,
    indices: np.ndarray,  # (N,), of images in the set
    key: str,  # of everything that features depend on in addition to the images, see `key_of`
    compute: Compute,  # one batch of images -> features
    batch_size: int,
) -> np.ndarray:
    """Features of the images at these indices of a set, float32 (N, D), read-only and mapped to memory.

    Batches are written to the file as they are computed: the memory that is needed does not grow with the number of images. A run that
    is killed leaves no file of this name.
    """
    chosen = hashlib.sha256(np.asarray(indices, "<i8").tobytes()).hexdigest()[:16]
    file = expanded(folder) / "features" / f"{images.content_hash[:16]}_{chosen}_{key}.npy"
    if not file.exists():
        log.info("computing features of %s images of '%s', once for all recipes", f"{len(indices):,}", images.name)
        starts = range(0, max(1, len(indices)), batch_size)
        with whole(file) as partial, partial.open("wb") as opened:
            for start in tqdm(starts, "features", unit="batch", disable=None):
                features = np.ascontiguousarray(compute(images.images[indices[start : start + batch_size]]), "<f4")
                if start == 0:
                    shape = (len(indices), *features.shape[1:])
                    np.lib.format.write_array_header_1_0(opened, {"descr": "<f4", "fortran_order": False, "shape": shape})
                opened.write(features.data)
    cached: np.ndarray = np.load(file, mmap_mode="r")
    return cached


def key_of(
    sha256: str,  # of the extractor's weights
    code: Sequence[str],  # files of the modules that compute the features, in addition to the resizing
    settings: Sequence[int | float | str | None],
) -> str:
    """16 hexadecimal digits of everything that features depend on in addition to the images: weights, settings, code and libraries."""
    import onnxruntime

    parts = [sha256, *settings, torch.__version__, np.__version__, onnxruntime.__version__]
    parts += [hashlib.sha256(Path(file).read_bytes()).hexdigest() for file in (*code, resizing.__file__)]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]

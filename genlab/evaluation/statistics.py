"""Cache of what comparisons need of reference images alone, on disk: a second model on the same set pays only for its own samples."""

import hashlib
import json
from pathlib import Path

import numpy as np

from genlab.engine import portable
from genlab.engine.files import write
from genlab.metrics import blocks, comparison, kernel, pairs
from genlab.metrics.comparison import Subsets, of_set
from genlab.metrics.pairs import Within


def within_reference(
    features: np.ndarray,  # (N, D), of the reference images
    subsets: Subsets,
    cache: Path | None,  # folder; None: compute without a cache
) -> Within:
    """Compute what pairs within the reference give, or read it from the cache."""
    if cache is None:
        return of_set(features, subsets)
    file = cache / "statistics" / f"{key(features, subsets)}.npz"
    if not file.exists():
        found = of_set(features, subsets)
        write(file, lambda opened: np.savez(opened, kernel=found.kernel, nearest=found.nearest))
    with np.load(file) as saved:
        return Within(saved["kernel"], saved["nearest"])


def key(features: np.ndarray, subsets: Subsets) -> str:
    """32 hexadecimal digits of everything that the statistics depend on: the features, the subsets, the code and numpy."""
    digest = hashlib.sha256(json.dumps([features.shape, subsets, np.__version__, *portable.marks()]).encode())
    for module in (blocks, comparison, kernel, pairs):
        digest.update(Path(str(module.__file__)).read_bytes())
    for _, block in blocks.blocks(features):
        digest.update(np.ascontiguousarray(block).data)
    return digest.hexdigest()[:32]

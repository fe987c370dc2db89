"""What evaluation expects of a feature extractor."""

from typing import Protocol

import numpy as np

from genlab.images.prepared_set import PreparedSet


class Extractor(Protocol):
    """Images -> features."""

    name: str
    sha256: str  # of its weights

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """uint8 (N, H, W, C) -> float32 (N, D)."""
        ...

    def of_set(self, images: PreparedSet) -> np.ndarray:
        """All images of a set, in its order -> float32 (N, D), read-only; remembered, so that the next asker gets the same at once."""
        ...

    def stages(self, images: np.ndarray) -> list[np.ndarray]:
        """uint8 (N, H, W, C) -> activations float32 (N, C', H', W') of several layers, early ones first. All N at once: give batches."""
        ...

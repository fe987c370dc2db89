"""Protocol of feature extractors."""

from typing import Protocol

import numpy as np

from genlab.images.prepared_set import PreparedSet


class Named(Protocol):
    """Has a name, which is part of the names of its scores."""

    name: str


class Extractor(Protocol):
    """Computes features and activations of images."""

    name: str
    sha256: str  # hash of the weights

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Images uint8 (N, H, W, C) -> features float32 (N, D)."""
        ...

    def of_set(self, images: PreparedSet, indices: np.ndarray) -> np.ndarray:
        """Features of the images at these indices of a set, float32 (N, D), read-only. They are computed once and cached."""
        ...

    def stages(self, images: np.ndarray) -> list[np.ndarray]:
        """Images uint8 (N, H, W, C) -> activations float32 (N, C', H', W') of several layers, first to last, in one batch."""
        ...

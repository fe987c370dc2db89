"""Protocols of feature extractors. A description in YAML names a `Preparable`; scores use the `Extractor` that it prepares.

What an extractor can do beyond features is an optional protocol, `Caches`, `Staged` or `Classifies`, for which scores ask with isinstance.
"""

from typing import Protocol, runtime_checkable

import numpy as np

from genlab.extractors.feature_cache import CachedFeatures
from genlab.images.prepared_set import PreparedSet


class Named(Protocol):
    """Has a name, which is part of the names of its scores."""

    name: str


class Preparable(Named, Protocol):
    """Makes the extractor of an image set."""

    def prepared(self, images: PreparedSet) -> "Extractor":
        """The extractor for this set. One that is trained on the set is trained here; all others return themselves."""
        ...


@runtime_checkable
class Extractor(Preparable, Protocol):
    """Computes features of images."""

    sha256: str  # hash of the weights, or of the settings of an extractor without weights
    resize: str  # how images of any size become the input of the network, in words; a field of the protocol

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Images uint8 (N, H, W, C) -> features float32 (N, D)."""
        ...

    def of_set(self, images: PreparedSet, indices: np.ndarray) -> np.ndarray:
        """Features of the images at these indices of a set, float32 (N, D), read-only. They are computed once and cached."""
        ...


@runtime_checkable
class Caches(Named, Protocol):
    """Keeps features of image sets in files, which several ranks can compute together."""

    def cached(self, images: PreparedSet, indices: np.ndarray) -> CachedFeatures:
        """The features that `of_set` returns: their file, and how they are computed."""
        ...


@runtime_checkable
class Staged(Named, Protocol):
    """Computes activations, for perceptual distances."""

    layers: str  # which layers, in words; a field of the protocol

    def stages(self, images: np.ndarray) -> list[np.ndarray]:
        """Images uint8 (N, H, W, C) -> activations float32 (N, C', H', W') of several layers, first to last, in one batch."""
        ...


@runtime_checkable
class Classifies(Named, Protocol):
    """Computes probabilities of the classes that the network was trained on."""

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """Images uint8 (N, H, W, C) -> probabilities of the classes, float32 (N, K); rows sum to 1."""
        ...

    def probabilities_of(self, features: np.ndarray) -> np.ndarray:
        """Features (N, D) of this extractor -> the same probabilities, float32 (N, K), without computing features again."""
        ...

"""Pixels as features: no network, and no weights. A baseline of extractors, and exact for tests."""

import hashlib
import json
from pathlib import Path

import numpy as np

from genlab.engine.paths import expanded
from genlab.errors import InputError
from genlab.extractors.batches import in_batches
from genlab.extractors.feature_cache import CachedFeatures, key_of
from genlab.images.prepared_set import PreparedSet

BATCH_SIZE = 256  # images that are converted together


class Pixels:
    """uint8 images (N, H, W, C) -> their pixels float32 (N, H x W x C) in [0, 1], in the order of the array.

    With `side`, images are first downscaled to side x side: each new pixel is the mean over the area that it covers.

    Raises:
        InputError: the side is not positive.
    """

    name = "pixels"

    def __init__(
        self,
        cache: str | Path = ".genlab/extractors",  # folder of the features of image sets
        side: int | None = None,  # pixels; None: as in the image set
    ):
        if side is not None and side < 1:
            raise InputError(f"pixels: got side {side}, expected at least 1, or no side.")
        self.cache, self.side = expanded(cache), side
        self.resize = "none" if side is None else f"mean over areas, {side} px"
        self.sha256 = hashlib.sha256(json.dumps({"extractor": self.name, "side": side}).encode()).hexdigest()

    def prepared(self, images: PreparedSet) -> "Pixels":
        """The same extractor, for every image set."""
        return self

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Images uint8 (N, H, W, C) -> float32 (N, D) in [0, 1].

        Raises:
            InputError: the images are smaller than `side`.
        """
        return in_batches(self.flat, images, BATCH_SIZE)

    def of_set(self, images: PreparedSet, indices: np.ndarray) -> np.ndarray:
        """Pixels of the images at these indices of a set, (N, D), read-only. They are computed once and cached."""
        return self.cached(images, indices).features()

    def cached(self, images: PreparedSet, indices: np.ndarray) -> CachedFeatures:
        """Describe these features: their file, and how they are computed."""
        return CachedFeatures.of(self.cache, images, indices, key_of(self.sha256, [__file__], []), self.flat, BATCH_SIZE)

    def flat(self, images: np.ndarray) -> np.ndarray:
        """The features of one batch."""
        pixels = np.asarray(images, np.float32) / np.float32(255)
        if self.side is not None:
            pixels = downscaled(pixels, self.side)
        return pixels.reshape(len(pixels), int(np.prod(pixels.shape[1:])))


def downscaled(images: np.ndarray, side: int) -> np.ndarray:
    """Images (N, H, W, C) -> float32 (N, side, side, C), each pixel the mean over the area that it covers.

    Raises:
        InputError: an image has fewer than `side` rows or columns.
    """
    height, width = images.shape[1:3]
    if min(height, width) < side:
        raise InputError(f"pixels: got images of {height} x {width} px, expected at least {side} x {side}. Lower `side`, or leave it out.")
    narrow = np.einsum("nhwc,vw->nhvc", images, shares(width, side))
    small: np.ndarray = np.einsum("nhvc,uh->nuvc", narrow, shares(height, side))
    return small


def shares(length: int, side: int) -> np.ndarray:
    """Share of each of `length` old pixels in the mean of each of `side` new ones, float32 (side, length); rows sum to 1."""
    edges = np.arange(side + 1) * length / side
    starts = np.arange(length)
    overlap = np.minimum(edges[1:, None], starts + 1) - np.maximum(edges[:-1, None], starts)
    return (overlap.clip(0) * side / length).astype(np.float32)

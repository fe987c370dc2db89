"""What evaluation keeps of many images: features and counts, computed batch by batch, so that the images themselves need no memory."""

import tempfile
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from genlab.engine.in_order import Batches
from genlab.evaluation.settings import Settings
from genlab.extractors.classifier import Classifier, shrunk
from genlab.extractors.contract import Extractor
from genlab.images.feeding.order import evenly_spaced
from genlab.images.prepared_set import PreparedSet
from genlab.metrics.bins import Bins, bins_of

BINNED = 10_000  # largest number of training images that the bins are computed from
AT_ONCE = 256  # images of a set that are read together


class Seen(NamedTuple):
    """Features of N images, the number of these images in each bin of pixel space, and the first M images."""

    features: np.ndarray  # (N, D), of the extractor
    in_domain: np.ndarray | None  # (N, D'), of the in-domain classifier, if there is one
    counts: np.ndarray  # (K,)
    first: np.ndarray  # uint8 (M, H, W, C)


class Glimpse(NamedTuple):
    """What is kept of one batch of n images."""

    images: int  # n
    features: np.ndarray | None  # (n, D); None: they are known already
    in_domain: np.ndarray | None  # (n, D'), if there is an in-domain classifier
    counts: np.ndarray  # (K,)
    pixels: np.ndarray | None  # uint8 (n, H, W, C) if the images are among the first


class Observer:
    """Computes features and counts of images."""

    def __init__(
        self,
        extractor: Extractor,
        classifier: Classifier | None,
        bins: Bins,
        kept: int = 0,  # largest number of images that are kept
    ):
        self.extractor, self.classifier, self.bins, self.kept = extractor, classifier, bins, kept

    def glimpses(
        self,
        batches: Batches[np.ndarray],  # uint8 images (n, H, W, C)
        are_new: bool,  # whether their features are not known yet
    ) -> Batches[Glimpse]:
        """Compute what is kept of each batch."""
        return Batches(batches.rows, batches.size, lambda start, stop: self.glimpse(batches.compute(start, stop), start, are_new))

    def glimpse(self, pixels: np.ndarray, start: int, are_new: bool) -> Glimpse:
        """Compute what is kept of one batch, whose first image has the number `start`."""
        features = self.extractor(pixels) if are_new else None
        little = small(pixels)  # the classifier looks at small images, too
        in_domain = self.classifier(little) if self.classifier is not None else None
        first = pixels if start < self.kept or start == 0 else None
        return Glimpse(len(pixels), features, in_domain, self.bins.counts(flat(little)), first)

    def gathered(
        self,
        glimpses: Iterable[Glimpse],  # of each batch, in order
        count: int,  # number of images in all batches
        known: np.ndarray | None = None,  # (N, D), the features of the images if they are known already
    ) -> Seen:
        """Join what is kept of the batches."""
        features, in_domain, counts = Rows(count), Rows(count), np.zeros(len(self.bins.centres), int)
        first: list[np.ndarray] = []
        for glimpse in glimpses:
            if glimpse.pixels is not None:
                first.append(glimpse.pixels)
            if glimpse.features is not None:
                features.append(glimpse.features)
            if glimpse.in_domain is not None:
                in_domain.append(glimpse.in_domain)
            counts += glimpse.counts
        own = in_domain.array() if self.classifier is not None else None
        return Seen(features.array() if known is None else known, own, counts, np.concatenate(first)[: self.kept])


class Rows:
    """An array (count, ...) that is filled from the first row on, in a temporary file that ends with it."""

    def __init__(self, count: int):
        self.count, self.filled = count, 0
        self.rows: np.ndarray | None = None

    @classmethod
    def of(cls, batches: Iterable[np.ndarray], count: int) -> np.ndarray:
        """Join batches (n, ...) with `count` rows in all."""
        rows = cls(count)
        for batch in batches:
            rows.append(batch)
        return rows.array()

    def append(self, rows: np.ndarray) -> None:
        """Write the next rows (n, ...)."""
        if self.rows is None:
            with tempfile.TemporaryFile() as file:  # the mapping keeps the file
                self.rows = np.memmap(file, rows.dtype, "w+", shape=(self.count, *rows.shape[1:]))
        self.rows[self.filled : self.filled + len(rows)] = rows
        self.filled += len(rows)

    def array(self) -> np.ndarray:
        """The filled array."""
        assert self.rows is not None and self.filled == self.count  # the caller stated the number of images
        return self.rows


def pixel_bins(images: PreparedSet, train: np.ndarray, settings: Settings) -> Bins:
    """Compute the bins of pixel space from training images of a set, all or evenly spaced ones."""
    chosen = evenly_spaced(train, BINNED)
    return bins_of(np.concatenate([flat(small(pixels)) for pixels in images_of(images, chosen)]), settings.bins)


def images_of(images: PreparedSet, indices: np.ndarray) -> Batches[np.ndarray]:
    """Read the images at these indices of a set in batches, uint8 (n, H, W, C)."""
    return Batches(len(indices), AT_ONCE, lambda start, stop: images.images[indices[start:stop]])


def small(pixels: np.ndarray) -> np.ndarray:
    """uint8 (N, H, W, C) -> uint8 (N, H', W', C), with sides of at most 32 px."""
    return shrunk(pixels).permute(0, 2, 3, 1).numpy()


def flat(pixels: np.ndarray) -> np.ndarray:
    """uint8 (N, H, W, C) -> (N, H x W x C)."""
    return pixels.reshape(len(pixels), -1)

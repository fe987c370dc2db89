"""The real images that samples are scored against, and their features."""

import hashlib
from dataclasses import dataclass

import numpy as np

from genlab.errors import InputError
from genlab.evaluation.settings import Settings
from genlab.extractors.contract import Extractor
from genlab.images.feeding.held_out import FEWEST
from genlab.images.feeding.order import evenly_spaced
from genlab.images.feeding.source import labels
from genlab.images.prepared_set import PreparedSet


@dataclass(frozen=True)
class Reference:
    """Held-out and training images of a set with one domain: all, or evenly spaced ones."""

    images: PreparedSet
    test: np.ndarray  # (N,), indices of held-out images in the set
    train: np.ndarray  # (K,), indices of training images in the set
    features: np.ndarray  # (N, D), of the held-out images
    training: np.ndarray  # (K, D), of the training images

    @property
    def labels(self) -> np.ndarray:
        """Numbers of the classes of the held-out images of a labelled set, (N,)."""
        numbers = labels(self.images)
        assert numbers is not None  # only read for sets with classes
        chosen: np.ndarray = numbers[self.test]
        return chosen

    def sha256(self) -> str:
        """Hash of the pixels of the held-out images, computed one image at a time."""
        digest = hashlib.sha256()
        for index in self.test:
            digest.update(np.ascontiguousarray(self.images.images[index]).data)
        return digest.hexdigest()


def reference_of(images: PreparedSet, extractor: Extractor, settings: Settings) -> Reference:
    """Select the images of a set that samples are scored against, and compute their features or read them from the cache.

    Raises:
        InputError: fewer than two images are held out, or there are fewer than two training images.
    """
    test, train = chosen(images, settings)
    return Reference(images, test, train, extractor.of_set(images, test), extractor.of_set(images, train))


def chosen(images: PreparedSet, settings: Settings) -> tuple[np.ndarray, np.ndarray]:
    """Return the indices of the held-out images, (N,), and of the training images, (K,), of a reference.

    Raises:
        InputError: fewer than two images are held out, or there are fewer than two training images.
    """
    test, train = images.indices("test"), images.indices("train")
    check_counts(images.name, len(test), len(train))
    return evenly_spaced(test, settings.held_out or len(test)), evenly_spaced(train, settings.training or len(train))


def check_counts(name: str, held_out: int, training: int) -> None:
    """Check that a set has enough held-out and training images to score samples.

    Raises:
        InputError: fewer than two images are held out, or there are fewer than two training images.
    """
    if held_out < FEWEST:
        raise InputError(
            f"Image set '{name}' holds out {held_out} images; scoring needs at least {FEWEST}. Add images, or raise the share `test`."
        )
    if training < FEWEST:
        raise InputError(
            f"Image set '{name}' has {training} training images; scoring needs at least {FEWEST}. Add images, or lower the share `test`."
        )

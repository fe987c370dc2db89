"""The classifier of an image set as the extractor of that set: chosen in YAML like the others, trained when it is prepared."""

from pathlib import Path

import numpy as np
import torch

from genlab.engine.paths import expanded
from genlab.engine.weights import digest
from genlab.extractors import classifier
from genlab.extractors.classifier import CHUNK, SIDE, Classifier
from genlab.extractors.classifier_cache import Classifiers
from genlab.extractors.classifier_training import IMAGES
from genlab.extractors.feature_cache import CachedFeatures, key_of
from genlab.images.prepared_set import PreparedSet


class InDomain:
    """Makes the extractor of a labelled image set from the classifier that is trained on its training images, once."""

    name = "in_domain"

    def __init__(
        self,
        cache: str | Path = ".genlab/extractors",  # folder of the features of image sets
        classifiers: str | Path | None = None,  # folder of the trained classifiers; None: `classifiers` next to the cache
        budget: int = IMAGES,  # images seen in the training of a classifier
    ):
        self.cache = expanded(cache)
        self.classifiers = Classifiers(expanded(classifiers or self.cache.parent / "classifiers"), budget)

    def prepared(self, images: PreparedSet) -> "OfClassifier":
        """The extractor of this set; its classifier is trained if there is none yet.

        Raises:
            InputError: the set is not labelled, or has too few classes.
        """
        return OfClassifier(self.classifiers.of_set(images), self)


class OfClassifier:
    """uint8 images (N, H, W, C) -> float32 features (N, 128): the hidden layer of the classifier of an image set.

    Images have as many channels as those of the set. It classifies the classes of the set. Its hash is that of the classifier's weights,
    so scores of different sets do not compare.
    """

    name = InDomain.name
    resize = f"bilinear, antialiased, to at most {SIDE} px"

    def __init__(self, trained: Classifier, factory: InDomain):
        self.classifier, self.factory = trained, factory
        self.sha256 = digest(trained.network.state_dict())

    def prepared(self, images: PreparedSet) -> "OfClassifier":
        """The extractor of this set, which may be another set than that of this extractor."""
        return self.factory.prepared(images)

    def __call__(self, images: np.ndarray) -> np.ndarray:
        return self.classifier(images)

    def of_set(self, images: PreparedSet, indices: np.ndarray) -> np.ndarray:
        """Features of the images at these indices of a set, (N, 128), read-only. They are computed once and cached."""
        return self.cached(images, indices).features()

    def cached(self, images: PreparedSet, indices: np.ndarray) -> CachedFeatures:
        """Describe these features: their file, and how they are computed."""
        key = key_of(self.sha256, [classifier.__file__], [torch.get_num_threads()])
        return CachedFeatures.of(self.factory.cache, images, indices, key, self, CHUNK)

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """Images uint8 (N, H, W, C) -> probabilities of the classes of the set, float32 (N, classes)."""
        return self.classifier.probabilities(images)

    def probabilities_of(self, features: np.ndarray) -> np.ndarray:
        """Features (N, 128) -> probabilities of the classes of the set, float32 (N, classes)."""
        return self.classifier.probabilities_of(features)

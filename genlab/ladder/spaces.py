"""Scores of samples in one space: the features of an extractor, or pixels."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from genlab.errors import InputError
from genlab.ladder.material import Material
from genlab.ladder.samples import Sample
from genlab.metrics.bins import Bins, bins_of
from genlab.metrics.comparison import Subsets, compare, of_set
from genlab.metrics.frechet import frechet_distance
from genlab.metrics.frechet_infinity import frechet_infinity
from genlab.metrics.gaussian_kernel import gaussian_kernel_distance
from genlab.metrics.inception_score import inception_score
from genlab.metrics.memorisation import memorised_share
from genlab.metrics.moments import Moments, moments_of
from genlab.metrics.pairs import Within
from genlab.metrics.pyramid import SMALLEST, pyramid_wasserstein
from genlab.metrics.sliced import sliced_wasserstein
from genlab.metrics.vendi import vendi_score

PATCHES = 32  # neighbourhoods per image: a quarter of the paper's, for a quarter of the time


class Space(Protocol):
    """Computes scores of samples against the reference images."""

    @property
    def title(self) -> str:
        """Name of the space."""
        ...

    def scores(self, sample: Sample) -> dict[str, float]:
        """Score a sample: {name in METRICS: value}."""
        ...


@dataclass(frozen=True)
class Features:
    """The space of an extractor. Features of the set's own images are computed once."""

    title: str
    material: Material
    extract: Callable[[np.ndarray], np.ndarray]  # uint8 (N, H, W, C) -> (N, D)
    classify: Callable[[np.ndarray], np.ndarray] | None = None  # features (N, D) -> probabilities (N, K)

    def scores(self, sample: Sample) -> dict[str, float]:
        """Score the features of a sample; see METRICS. FID-infinity and memorisation are left out where images are too few."""
        features = self.extract(sample.pixels) if sample.indices is None else self.of_set[sample.indices]
        found = compare(self.reference, features, Subsets(number=1), self.within)
        scores = {
            "kid": found.kid,
            "fid": frechet_distance(self.reference, features),
            "mmd": gaussian_kernel_distance(self.reference, features),
            "sliced_wasserstein": sliced_wasserstein(self.reference, features),
            "precision": found.precision,
            "density": found.density,
            "recall": found.recall,
            "coverage": found.coverage,
            "vendi": vendi_score(features),
        }
        with suppress(InputError):
            scores["fid_infinity"] = frechet_infinity(self.moments, features).value
        if self.classify is not None:
            scores["inception_score"] = inception_score(self.classify(features)).value
        if len(self.material.training):
            scores["memorised"] = memorised_share(features, self.of_set[self.material.training])
        return scores

    @cached_property
    def of_set(self) -> np.ndarray:
        """Features of the images of the set at their places; those of images that are not used are 0."""
        used = np.concatenate([self.material.training, self.material.reference, self.material.pool])
        found = self.extract(self.material.images[used])
        features = np.zeros((len(self.material.images), found.shape[1]), found.dtype)
        features[used] = found
        return features

    @cached_property
    def reference(self) -> np.ndarray:
        """Features of the reference images."""
        features: np.ndarray = self.of_set[self.material.reference]
        return features

    @cached_property
    def within(self) -> Within:
        """What the comparison needs of the reference alone."""
        return of_set(self.reference, Subsets(number=1))

    @cached_property
    def moments(self) -> Moments:
        """Moments of the reference."""
        return moments_of(self.reference)


@dataclass(frozen=True)
class Pixels:
    """Scores that need no network."""

    title: str
    material: Material

    def scores(self, sample: Sample) -> dict[str, float]:
        """Score pixels: patches of the finest and of the coarsest level, bins, and memorisation where there are training images."""
        images, material = self.material.images, self.material
        scores = {"bins": self.bins.different(flat(sample.pixels), flat(images[material.reference])).share}
        if min(images.shape[1:3]) >= SMALLEST:
            levels = list(pyramid_wasserstein(images[material.reference], sample.pixels, patches=PATCHES).values())
            scores |= {"patches_fine": levels[0]} | ({"patches_coarse": levels[-1]} if len(levels) > 1 else {})
        if len(material.training):
            scores["memorised"] = memorised_share(flat(sample.pixels), flat(images[material.training]))
        return scores

    @cached_property
    def bins(self) -> Bins:
        """Bins of images that are in no sample: the training images, or the reference."""
        material = self.material
        return bins_of(flat(material.images[material.training if len(material.training) else material.reference]))


def flat(images: np.ndarray) -> np.ndarray:
    """uint8 (N, H, W, C) -> (N, H x W x C)."""
    return images.reshape(len(images), -1)

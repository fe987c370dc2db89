"""The cheap score by which training selects a checkpoint: KID of a few images against training images.

The references are training images: a checkpoint selected on held-out images would make the final scores, on the same images, too good.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from genlab.engine.capabilities import HasLikelihood, Samples, Translates, is_conditional
from genlab.engine.recipe import Recipe
from genlab.evaluation.sampler import BATCH_SIZE, SAMPLING_SEED, sampler
from genlab.extractors.contract import Extractor
from genlab.images.feeding.held_out import FEWEST
from genlab.images.feeding.order import evenly_spaced
from genlab.images.feeding.source import batch_of, labels, roles
from genlab.images.pixels import to_bytes
from genlab.images.prepared_set import PreparedSet
from genlab.metrics.kernel import kernel_distance
from genlab.metrics.names import in_features_of
from genlab.networks.latents import normal

SAMPLES = 64  # default number of generated images per score
REFERENCES = 500  # maximum number of training images per domain, whose features are cached

log = logging.getLogger(__name__)


def scorer_of(
    recipe: Recipe,
    images: PreparedSet,
    extractor: Extractor,
    samples: int,  # number of images per score, divided among the directions of a recipe that translates
) -> "SampleScorer | TranslationScorer | None":
    """Return the score for the selection of a recipe's checkpoint, or None if it has none.

    A recipe with a likelihood has none: it minimises a bound of it, and on training images this bound prefers the last weights.
    """
    if isinstance(recipe, HasLikelihood):
        log.info("The last weights are the result: training maximises the likelihood, and its bound on training images selects no others.")
        return None
    if isinstance(recipe, Translates):
        return TranslationScorer(images, extractor, max(FEWEST, samples // len(recipe.directions)), recipe.directions)
    return SampleScorer(images, extractor, max(FEWEST, samples)) if isinstance(recipe, Samples) else None


class References:
    """Evenly spaced training images of a set by domain (`image`, or `a` and `b`), and their features."""

    def __init__(self, images: PreparedSet, extractor: Extractor):
        self.images, self.extractor = images, extractor
        self.indices = {role: evenly_spaced(indices, REFERENCES) for role, indices in roles(images).items()}
        self.features: dict[str, np.ndarray] = {}

    def distance(self, made: Tensor, role: str) -> float:
        """KID of images (N, C, H, W) in [-1, 1] against the references of a domain."""
        if role not in self.features:
            self.features[role] = self.extractor.of_set(self.images, self.indices[role])
        pixels = to_bytes(made).permute(0, 2, 3, 1).contiguous().numpy()
        return kernel_distance(self.features[role], self.extractor(pixels))

    def settings(self, score: str, samples: int) -> dict[str, Any]:
        """Everything that a score of this many images depends on in addition to the recipe, the image set and the code."""
        kind = type(self.extractor)
        named = {"class": f"{kind.__module__}.{kind.__qualname__}", "name": self.extractor.name, "sha256": self.extractor.sha256}
        return {"score": score, "samples": samples, "extractor": named, "references": REFERENCES}


class SampleScorer:
    """KID of samples from fixed latents, with the labels of training images if the recipe is conditional."""

    def __init__(self, images: PreparedSet, extractor: Extractor, samples: int):
        self.references, self.samples, self.name = References(images, extractor), samples, in_features_of(extractor.name, "kid")

    def settings(self) -> Mapping[str, Any]:
        """Everything that the score depends on in addition to the recipe, the image set and the code."""
        return self.references.settings(self.name, self.samples)

    @cached_property
    def labels(self) -> Tensor:
        """Labels (N,) of evenly spaced training images, repeated if there are fewer."""
        numbers = labels(self.references.images)
        assert numbers is not None  # a conditional recipe trains on labelled sets only
        chosen = numbers[evenly_spaced(self.references.images.indices("train"), self.samples)]
        return torch.from_numpy(np.resize(chosen, self.samples))

    def __call__(self, recipe: Recipe) -> float:
        """KID of the recipe's samples, lower is better."""
        sample = sampler(recipe, device_of(recipe))
        latents = normal(self.samples, cast(Samples, recipe).latent_size, SAMPLING_SEED)
        return self.references.distance(sample(latents, self.labels if is_conditional(recipe) else None), "image")


class TranslationScorer:
    """KID of translations of fixed training images, the mean over the directions."""

    def __init__(
        self,
        images: PreparedSet,
        extractor: Extractor,
        samples: int,  # number of translations per direction
        directions: Sequence[str],
    ):
        self.references, self.samples, self.directions = References(images, extractor), samples, tuple(directions)
        kid = in_features_of(extractor.name, "kid")
        self.name = kid if len(self.directions) == 1 else f"{kid}_mean"

    def settings(self) -> Mapping[str, Any]:
        """Everything that the score depends on in addition to the recipe, the image set and the code."""
        return self.references.settings(self.name, self.samples)

    def __call__(self, recipe: Recipe) -> float:
        """Mean KID over the directions, lower is better."""
        return float(np.mean(list(self.distances(recipe))))

    def distances(self, recipe: Recipe) -> Iterator[float]:
        """Yield the KID of each direction."""
        device = device_of(recipe)
        for direction in self.directions:
            source, target = direction.split("_to_")
            chosen = evenly_spaced(self.references.indices[source], self.samples)
            batches = batch_of(self.references.images, chosen)["image"].split(BATCH_SIZE)
            made = [cast(Translates, recipe).sample(batch.to(device), direction).float().cpu() for batch in batches]
            yield self.references.distance(torch.cat(made), target)


def device_of(recipe: Recipe) -> torch.device:
    """Device of the recipe's weights."""
    weight: Tensor = next(iter(recipe.state_dict().values()))
    return weight.device

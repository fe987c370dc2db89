"""Everything that the evaluation of a recipe that samples computes of single images: samples, features and counts.

It is independent of the other images, so that ranks divide it, see `genlab.evaluation.devices`. Scores are computed from it afterwards.
"""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, cast

import numpy as np
import torch
from torch import Tensor

from genlab.engine.capabilities import Samples, Truncated, is_conditional, truncated_by
from genlab.engine.in_order import Batches, InOrder
from genlab.engine.recipe import Recipe
from genlab.evaluation.classes import taught_images
from genlab.evaluation.reference import Reference, chosen, reference_of
from genlab.evaluation.sampler import BATCH_SIZE, SAMPLING_SEED, batch_sampler
from genlab.evaluation.scores import RowName
from genlab.evaluation.seen import Glimpse, Observer, Rows, Seen, images_of
from genlab.evaluation.settings import Settings
from genlab.evaluation.styles import path_distances
from genlab.evaluation.truncation import compared, truncated_features
from genlab.extractors.contract import Caches, Extractor, Staged
from genlab.extractors.feature_cache import CachedFeatures
from genlab.images.feeding.held_out import HeldOut
from genlab.images.feeding.order import evenly_spaced
from genlab.images.feeding.source import labels
from genlab.images.prepared_set import PreparedSet
from genlab.networks.latents import normal
from genlab.networks.style import Generator
from genlab.pictures.samples import LATENTS, TRUNCATIONS

log = logging.getLogger(__name__)


class Drawn(NamedTuple):
    """Inputs of the scored samples, and what was seen of them. N is the number of samples; M >= N also covers those of the pictures."""

    latents: Tensor  # (M, latent_size)
    labels: Tensor | None  # (M,), labels of the held-out images, repeated; None for an unconditional recipe
    first: Tensor  # (LATENTS, C, H, W) in [-1, 1], the first samples of the trained recipe, for pictures
    seen: dict[str, Seen]  # row -> N samples of the trained and of the untrained recipe, and training images
    held_out: Seen  # the held-out images of the reference
    taught: np.ndarray | None = None  # images of `classes.taught_images`, if the recipe is conditional and there is a classifier
    truncated: Mapping[str, np.ndarray] = {}  # value -> features of `truncation.truncated_features`; {}: not scored by truncation
    distances: Mapping[RowName, list[np.ndarray]] = {}  # space -> distances of `styles.path_distances`; {}: none


@dataclass(frozen=True)
class Drawing:
    """The batches of all that is computed of single images, the same on every rank."""

    trained: Recipe
    untrained: Recipe  # the same recipe before training
    images: PreparedSet
    device: torch.device  # of both recipes
    extractor: Extractor
    observe: Observer
    settings: Settings

    def parts(self, order: InOrder) -> Iterator[Batches[Any]]:
        """Yield everything that is computed, in the order in which rank 0 receives it."""
        yield from (each.batches() for each in self.missing(order))
        yield from self.glimpses.values()
        if self.taught is not None:
            yield self.taught
        yield from self.truncated.values()
        yield from self.distances.values()

    def missing(self, order: InOrder) -> list[CachedFeatures]:
        """Describe the features of the reference that are not cached yet, as rank 0 finds."""
        if not isinstance(self.extractor, Caches):
            return []
        described = [self.extractor.cached(self.images, indices) for indices in (self.test, self.train)]
        return [
            each for each, exists in zip(described, order.agreed([each.file.exists() for each in described]), strict=True) if not exists
        ]

    @cached_property
    def chosen(self) -> tuple[np.ndarray, np.ndarray]:
        """Indices of the held-out and of the training images of the reference."""
        return chosen(self.images, self.settings)

    @property
    def test(self) -> np.ndarray:
        """Indices of the held-out images of the reference, (K,)."""
        return self.chosen[0]

    @property
    def train(self) -> np.ndarray:
        """Indices of the training images of the reference."""
        return self.chosen[1]

    @property
    def alike(self) -> np.ndarray:
        """Places among the training images of as many as are held out, evenly spaced."""
        return evenly_spaced(np.arange(len(self.train)), len(self.test))

    @property
    def count(self) -> int:
        """Number of scored samples, N."""
        return self.settings.samples or len(self.test)

    @cached_property
    def latents(self) -> Tensor:
        """Latents of the samples, (M, latent_size)."""
        return normal(max(self.count, LATENTS), cast(Samples, self.trained).latent_size, SAMPLING_SEED)

    @cached_property
    def labels(self) -> Tensor | None:
        """Labels of the samples, (M,): those of the held-out images, repeated; None for an unconditional recipe."""
        if not is_conditional(self.trained) or (numbers := labels(self.images)) is None:
            return None
        return torch.from_numpy(numbers[self.test])[torch.arange(len(self.latents)) % len(self.test)]

    def samples(self, recipe: Recipe) -> Batches[Tensor]:
        """Samples (n, C, H, W) of one of the recipes."""
        return batch_sampler(recipe, self.device)(self.latents, self.labels)

    def pixels(self, recipe: Recipe, count: int) -> Batches[np.ndarray]:
        """The first `count` samples, uint8 (n, H, W, C)."""
        made = self.samples(recipe)
        return Batches(count, BATCH_SIZE, lambda start, stop: HeldOut.to_bytes(made[start // BATCH_SIZE][: stop - start]))

    @cached_property
    def glimpses(self) -> dict[RowName, Batches[Glimpse]]:
        """What is kept of the samples of both recipes, of as many training images as are held out, and of the held-out images."""
        few, observe = min(self.count, self.settings.untrained), self.observe
        return {
            RowName.GENERATED: observe.glimpses(self.pixels(self.trained, self.count), are_new=True),
            RowName.UNTRAINED: observe.glimpses(self.pixels(self.untrained, few), are_new=True),
            RowName.TRAINING_IMAGES: observe.glimpses(images_of(self.images, self.train[self.alike]), are_new=False),
            RowName.HELD_OUT_IMAGES: observe.glimpses(images_of(self.images, self.test), are_new=False),
        }

    @property
    def by_classes(self) -> bool:
        """Whether the classes of samples are scored."""
        return is_conditional(self.trained) and self.observe.classifier is not None

    @cached_property
    def taught(self) -> Batches[np.ndarray] | None:
        """Images of `classes.taught_images`, if they are needed."""
        if not self.by_classes:
            return None
        return taught_images(batch_sampler(self.trained, self.device), cast(Samples, self.trained).latent_size, self.images, self.settings)

    @property
    def compared(self) -> np.ndarray:
        """Places among the held-out images of those with which truncated samples are compared."""
        return compared(len(self.test), len(self.latents), self.settings.truncated)

    @cached_property
    def truncated(self) -> dict[str, Batches[np.ndarray]]:
        """Features of `truncation.truncated_features`, if they are needed."""
        by, numbers = truncated_by(self.trained), labels(self.images)
        if not (self.by_classes or by == Truncated.STYLES):
            return {}
        given = torch.from_numpy(numbers[self.test[self.compared]]) if is_conditional(self.trained) and numbers is not None else None
        features, batches = self.observe.classifier or self.extractor, batch_sampler(self.trained, self.device)
        return truncated_features(batches, self.latents[: len(self.compared)], given, features, TRUNCATIONS[by])

    @cached_property
    def distances(self) -> dict[RowName, Batches[np.ndarray]]:
        """Distances of `styles.path_distances`, if they are needed."""
        if truncated_by(self.trained) != Truncated.STYLES or not isinstance(self.extractor, Staged):
            return {}
        generator = cast(Generator, cast(Samples, self.trained).generators()["generator"])
        return path_distances(generator, self.extractor, self.settings.pairs)


def draw(drawing: Drawing, order: InOrder) -> tuple[Reference, Drawn]:
    """Compute everything of single images, on rank 0, in the order of `Drawing.parts`."""
    for each in drawing.missing(order):
        each.write(order(each.batches()))
    reference = reference_of(drawing.images, drawing.extractor, drawing.settings)
    log.info("drawing %s samples from the trained and from the untrained recipe", f"{drawing.count:,}")
    known = {RowName.TRAINING_IMAGES: reference.training[drawing.alike], RowName.HELD_OUT_IMAGES: reference.features}
    seen: dict[str, Seen] = {}
    for name, glimpses in drawing.glimpses.items():
        seen[name] = drawing.observe.gathered(order(glimpses), glimpses.rows, known.get(name))
    held_out = seen.pop(RowName.HELD_OUT_IMAGES)
    taught = None if drawing.taught is None else Rows.of(order(drawing.taught), drawing.taught.rows)
    truncated = {value: Rows.of(order(features), features.rows) for value, features in drawing.truncated.items()}
    distances = {space: list(order(each)) for space, each in drawing.distances.items()}
    first = torch.cat(drawing.samples(drawing.trained)[: -(-LATENTS // BATCH_SIZE)])[:LATENTS]
    return reference, Drawn(drawing.latents, drawing.labels, first, seen, held_out, taught, truncated, distances)

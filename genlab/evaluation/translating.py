"""Everything that the evaluation of a recipe that translates computes of single images: translations, features and perceptual distances.

It is independent of the other images, so that ranks divide it, see `genlab.evaluation.devices`. Scores are computed from it afterwards.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, NamedTuple, TypeVar, cast

import numpy as np
import torch
from torch import Tensor

from genlab.engine.capabilities import Translates
from genlab.engine.in_order import Batches, InOrder
from genlab.engine.recipe import Recipe
from genlab.engine.seeding import seed_everything
from genlab.evaluation.sampler import BATCH_SIZE
from genlab.evaluation.scores import RowName
from genlab.evaluation.seen import AT_ONCE, Rows
from genlab.evaluation.settings import SUBSET_SEED, Settings
from genlab.extractors.contract import Extractor, Staged
from genlab.images.feeding.held_out import HeldOut
from genlab.images.prepared_set import PreparedSet
from genlab.metrics.perceptual import perceptual_distances

Value = TypeVar("Value")


class Translated(NamedTuple):
    """Translations of N images, and what is computed of them."""

    images: Tensor  # (N, C, H, W) in [-1, 1]
    features: np.ndarray  # (N, D)
    distances: np.ndarray | None  # perceptual, from the true images, float64 (N,); None without these or without activations


class There(NamedTuple):
    """All that is computed of one direction, by row: of the trained and of the untrained recipe."""

    direction: str  # "a_to_b" or "b_to_a"
    forth: dict[RowName, Translated]
    identity: np.ndarray | None  # perceptual distances of the source images from the true images, see `Translated`
    back: dict[RowName, Tensor]  # translations there and back, (N, C, H, W) in [-1, 1]; {}: the recipe does not translate back


@dataclass(frozen=True)
class Translating:
    """The batches of all that is computed of single images, the same on every rank."""

    trained: Recipe
    untrained: Recipe  # the same recipe before training
    images: PreparedSet
    device: torch.device  # of both recipes
    extractor: Extractor
    settings: Settings

    def parts(self, order: InOrder) -> Iterator[Batches[Any]]:
        """Yield everything that is computed, in the order in which rank 0 receives it."""
        yield from self.features.values()
        for name in self.directions:
            direction = Direction(self, name, order)
            yield from direction.forth.values()
            if direction.identity is not None:
                yield direction.identity
            yield from direction.back.values()

    @property
    def directions(self) -> tuple[str, ...]:
        """Names of the directions."""
        return tuple(cast(Translates, self.trained).directions)

    @cached_property
    def held_out(self) -> HeldOut:
        """The held-out images of both domains."""
        return HeldOut(self.images, self.settings.held_out)

    @cached_property
    def features(self) -> dict[str, Batches[np.ndarray]]:
        """Features (n, D) of the held-out images by domain."""

        def of(pixels: np.ndarray) -> Batches[np.ndarray]:
            return Batches(len(pixels), AT_ONCE, lambda start, stop: self.extractor(pixels[start:stop]))

        return {domain: of(pixels) for domain, pixels in self.held_out.bytes.items()}


class Direction:
    """Translations in one direction, and back, in batches.

    Random draws, as of dropout that stays on, follow one another from batch to batch in the order of these batches. Several ranks then
    translate all images, each for itself, and divide the rest.
    """

    def __init__(self, translating: Translating, name: str, order: InOrder):
        self.translating, self.name = translating, name
        self.source, self.target = name.split("_to_")
        self.recipes = {
            RowName.TRANSLATED: cast(Translates, translating.trained),
            RowName.UNTRAINED: cast(Translates, translating.untrained),
        }
        self.returns = f"{self.target}_to_{self.source}" in translating.directions
        self.made: dict[tuple[RowName, bool, int], Tensor] = {}  # (row, whether it is back, number of the batch) -> images
        seed_everything(SUBSET_SEED)
        if order.count > 1 and is_random(lambda: self.translated(RowName.TRANSLATED, False, 0), translating.device):
            self.made.clear()
            seed_everything(SUBSET_SEED)
            for back in (False, True) if self.returns else (False,):
                for row in self.recipes:
                    for number in range(len(self.sources)):
                        self.translated(row, back, number)

    @cached_property
    def sources(self) -> Sequence[Tensor]:
        """The source images in batches, (n, C, H, W) in [-1, 1]."""
        images: Tensor = self.translating.held_out.tensors[self.source]
        return torch.split(images, BATCH_SIZE)

    def translated(self, row: RowName, back: bool, number: int) -> Tensor:
        """Translate a batch, there or there and back; each batch is translated once."""
        if (row, back, number) not in self.made:
            images = self.translated(row, False, number) if back else self.sources[number]
            direction = f"{self.target}_to_{self.source}" if back else self.name
            self.made[row, back, number] = self.recipes[row].sample(images.to(self.translating.device), direction).float().cpu()
        return self.made[row, back, number]

    def distances(self, images: Tensor, number: int) -> np.ndarray | None:
        """Perceptual distances (n,) of a batch from the true images; None without these or without activations."""
        if not self.has_distances:
            return None
        held_out, extractor, start = self.translating.held_out, cast(Staged, self.translating.extractor), number * BATCH_SIZE
        return perceptual_distances(held_out.to_bytes(images), held_out.bytes[self.target][start : start + len(images)], extractor)

    @property
    def has_distances(self) -> bool:
        """Whether there are true images, and activations of them."""
        return self.translating.held_out.are_pairs and isinstance(self.translating.extractor, Staged)

    def in_batches(self, compute: Callable[[int], Value]) -> Batches[Value]:
        """Compute something of each batch, by its number."""
        return Batches(sum(map(len, self.sources)), BATCH_SIZE, lambda start, stop: compute(start // BATCH_SIZE))

    @property
    def forth(self) -> dict[RowName, Batches[Translated]]:
        """Translations, and what is computed of them, by row."""

        def of(row: RowName, number: int) -> Translated:
            images = self.translated(row, False, number)
            return Translated(images, self.translating.extractor(HeldOut.to_bytes(images)), self.distances(images, number))

        return {row: self.in_batches(partial(of, row)) for row in self.recipes}

    @property
    def identity(self) -> Batches[np.ndarray | None] | None:
        """Perceptual distances of the source images from the true images; None without these or without activations."""
        return self.in_batches(lambda number: self.distances(self.sources[number], number)) if self.has_distances else None

    @property
    def back(self) -> dict[RowName, Batches[Tensor]]:
        """Translations there and back, (n, C, H, W), by row; {}: the recipe does not translate back."""
        return {row: self.in_batches(partial(self.translated, row, True)) for row in self.recipes} if self.returns else {}


def translate(translating: Translating, order: InOrder) -> tuple[dict[str, np.ndarray], list[There]]:
    """Compute everything of single images, on rank 0, in the order of `Translating.parts` -> features by domain, and the directions."""
    features = {domain: Rows.of(order(each), each.rows) for domain, each in translating.features.items()}
    found: list[There] = []
    for name in translating.directions:
        direction = Direction(translating, name, order)
        forth = {row: joined(order(each), each.rows) for row, each in direction.forth.items()}
        identity = None if direction.identity is None else np.concatenate([each for each in order(direction.identity) if each is not None])
        back = {row: joined_images(order(each), each.rows) for row, each in direction.back.items()}
        found.append(There(name, forth, identity, back))
    return features, found


def joined(batches: Iterator[Translated], count: int) -> Translated:
    """Join batches with `count` images in all."""
    features, distances = Rows(count), []

    def images() -> Iterator[Tensor]:
        for batch in batches:
            features.append(batch.features)
            if batch.distances is not None:
                distances.append(batch.distances)
            yield batch.images

    kept = joined_images(images(), count)
    return Translated(kept, features.array(), np.concatenate(distances) if distances else None)


def joined_images(batches: Iterator[Tensor], count: int) -> Tensor:
    """Join batches of images (n, C, H, W), `count` in all, in a file. Their memory format stays: sums over another have other digits."""
    rows, channels_last = Rows(count), False
    for batch in batches:
        if rows.filled == 0:
            channels_last = batch.is_contiguous(memory_format=torch.channels_last) and not batch.is_contiguous()
        rows.append((batch.permute(0, 2, 3, 1) if channels_last else batch).numpy())
    images = torch.from_numpy(rows.array())
    return images.permute(0, 3, 1, 2) if channels_last else images


def is_random(compute: Callable[[], object], device: torch.device) -> bool:
    """Return whether a computation draws from torch's global generators. It draws from them."""
    before = generator_states(device)
    compute()
    return any(not torch.equal(one, other) for one, other in zip(before, generator_states(device), strict=True))


def generator_states(device: torch.device) -> list[Tensor]:
    """States of torch's global generators of the CPU and of a GPU."""
    return [torch.get_rng_state(), *([torch.cuda.get_rng_state(device)] if device.type == "cuda" else [])]

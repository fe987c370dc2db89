"""Batches of a prepared set: batch i is a function of (seed, i), whatever the workers do."""

import itertools
from collections.abc import Iterator, Mapping

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from genlab.engine import Batch
from genlab.errors import InputError
from genlab.images.augment import Augmentation
from genlab.images.prepared_set import PreparedSet
from genlab.seeding import mix

PREFETCHED_BATCHES = 4  # a worker


class ImageSource(Dataset):
    """The training images of a set, for ever: reshuffled each time they have all been seen."""

    def __init__(
        self,
        images: PreparedSet,
        batch_size: int,
        seed: int,
        augmentation: Augmentation | None = None,
        workers: int = 0,  # processes that augment; the batches are the same for any number
        device: torch.device | str = "cpu",
    ):
        self.images, self.batch_size, self.seed = images.images, batch_size, seed
        self.augmentation, self.workers, self.device = augmentation, workers, torch.device(device)
        self.roles = roles(images)
        self.paired = images.kind == "paired"
        self.labels = None
        if images.kind == "labelled":
            number = {name: index for index, name in enumerate(images.classes)}
            self.labels = images.manifest["label"].map(number).to_numpy()
        for role, indices in self.roles.items():
            if len(indices) == 0:
                raise InputError(f"image set '{images.name}' has no training images for '{role}'. Add some, or lower the share `test`.")

    def batches(self, start: int) -> Iterator[Batch]:
        """Batches start, start + 1, ... on the device."""
        # A generator of its own: the loader would draw its seed from torch's global one, and shift everything after it.
        loader = DataLoader(
            self,
            batch_size=None,
            sampler=Count(start),
            num_workers=self.workers,
            prefetch_factor=PREFETCHED_BATCHES if self.workers else None,
            pin_memory=self.device.type == "cuda",
            generator=torch.Generator(),
        )
        for batch in loader:
            yield {role: self._to_device(value) for role, value in batch.items()}

    def _to_device(self, value: Tensor) -> Tensor:
        value = value.to(self.device, non_blocking=True)
        return to_unit(value) if value.dtype == torch.uint8 else value

    def __getitem__(self, number: int) -> dict[str, Tensor]:
        """Batch `number`: uint8 images (N, C, H, W) by role, labels (N,)."""
        first = number * self.batch_size
        pictures: dict[str, list[np.ndarray]] = {role: [] for role in self.roles}
        labels = []
        for place in range(first, first + self.batch_size):
            if self.paired:
                a, b = (self.images[self._index(place, role, order=0)] for role in ("a", "b"))
                if self.augmentation is not None:
                    a, b = self.augmentation(a, self.seed, place, 0, pair=b)
                pictures["a"].append(a)
                pictures["b"].append(b)
                continue
            for order, role in enumerate(self.roles):
                index = self._index(place, role, order)
                image = self.images[index]
                if self.augmentation is not None:
                    image, _ = self.augmentation(image, self.seed, place, order)
                pictures[role].append(image)
                if self.labels is not None:
                    labels.append(self.labels[index])
        batch = {role: to_channels_first(np.stack(images)) for role, images in pictures.items()}
        return batch | ({"label": torch.tensor(np.array(labels))} if labels else {})

    def _index(self, place: int, role: str, order: int) -> int:
        """The image in this place of the endless, shuffled order of a role."""
        indices = self.roles[role]
        epoch, within = divmod(place, len(indices))
        return indices[shuffled(len(indices), mix(self.seed, epoch, order))[within]]


class Count:
    """start, start + 1, ... for ever, as a sampler."""

    def __init__(self, start: int):
        self.start = start

    def __iter__(self) -> Iterator[int]:
        return itertools.count(self.start)


_orders: dict[tuple[int, int], np.ndarray] = {}


def shuffled(count: int, seed: int) -> np.ndarray:
    """A permutation of 0 .. count - 1; the last few are remembered."""
    if (count, seed) not in _orders:
        if len(_orders) > 4:
            _orders.clear()
        _orders[count, seed] = np.random.default_rng(seed).permutation(count)
    return _orders[count, seed]


def roles(images: PreparedSet, split: str = "train") -> Mapping[str, np.ndarray]:
    """What a batch is made of -> the images for it, as indices into the set."""
    if images.kind == "paired":
        return dict(zip(("a", "b"), images.pairs(split), strict=True))
    if images.kind == "unpaired":
        return {domain: images.indices(split, domain) for domain in ("a", "b")}
    return {"image": images.indices(split)}


def to_channels_first(images: np.ndarray) -> Tensor:
    """uint8 (N, H, W, C) -> uint8 (N, C, H, W)."""
    return torch.from_numpy(images).permute(0, 3, 1, 2).contiguous()


def to_unit(images: Tensor) -> Tensor:
    """uint8 0..255 -> float32 in [-1, 1]."""
    return images.float().div_(127.5).sub_(1)


def to_bytes(images: Tensor) -> Tensor:
    """float in [-1, 1] -> uint8 0..255, rounded; the inverse of to_unit."""
    return images.float().add(1).mul(127.5).round().clamp(0, 255).to(torch.uint8)

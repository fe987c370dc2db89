"""Batches of a prepared set. Batch i is a function of (seed, i), for any number of workers."""

import itertools
import signal
from collections.abc import Iterator, Mapping
from typing import Literal

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from genlab.engine.stream import Batch
from genlab.errors import InputError
from genlab.images.feeding.augment import Augmentation
from genlab.images.feeding.order import balanced, natural
from genlab.images.feeding.resident import Resident
from genlab.images.pixels import channels_last, to_channels_first, to_unit
from genlab.images.prepared_set import PreparedSet

PREFETCHED_BATCHES = 4  # per worker


class ImageSource(Dataset[dict[str, Tensor]]):
    """Endless batches of the training images of a set. Batch i is a function of (seed, i).

    `epoch` is the number of training images. With natural sampling each pass of `epoch` images contains every image once, in a different
    order. With balanced sampling all classes occur equally often: images of large classes less often than once per `epoch` images, images
    of small classes more often.

    Raises:
        InputError: there are no training images, `balanced` is requested for a set without labels, or images that are to stay on the device
            are to be augmented.
    """

    def __init__(
        self,
        images: PreparedSet,
        batch_size: int,
        seed: int,
        augmentation: Augmentation | None = None,
        workers: int = 0,  # processes that augment; batches do not depend on it
        device: torch.device | str = "cpu",
        channels_last: bool = False,  # memory format of the batches
        sampling: Literal["natural", "balanced"] = "natural",  # natural: classes as often as in the set; balanced: equally often
        rows: np.ndarray | None = None,  # places in each batch of the images that are returned, (N,); None: all of them
        resident: bool = False,  # keep the training images in the memory of the device; batches do not depend on it
    ):
        self.channels_last = channels_last
        self.images, self.batch_size, self.seed = images.images, batch_size, seed
        self.augmentation, self.workers, self.device = augmentation, workers, torch.device(device)
        self.rows = np.arange(batch_size) if rows is None else rows
        self.roles = roles(images)
        self.epoch = len(next(iter(self.roles.values())))
        self.paired = images.kind == "paired"
        self.labels = labels(images)
        for role, indices in self.roles.items():
            if len(indices) == 0:
                raise InputError(f"image set '{images.name}' has no training images for '{role}'. Add some, or lower the share `test`.")
        self.classes = training_classes(images) if sampling == "balanced" else None
        if resident and augmentation is not None:
            raise InputError(
                "compute.resident: got true with an augmentation, expected 'auto' or false: images are augmented on the CPU. Change it, or "
                "set `augmentation: null`."
            )
        used = np.concatenate([*self.roles.values()])
        self.resident = Resident(self.images, self.labels, used, self.device) if resident else None

    def batches(self, start: int) -> Iterator[Batch]:
        """Yield the batches start, start + 1, ... on the device."""
        if self.resident is not None:
            for number in itertools.count(start):
                batch = self.resident(self._chosen(number * self.batch_size + self.rows))
                yield {role: self._to_device(value) for role, value in batch.items()}
        # With its own generator, the loader does not draw a seed from torch's global one, which would change all later random numbers.
        loader = DataLoader(
            self,
            batch_size=None,
            sampler=Count(start),
            num_workers=self.workers,
            prefetch_factor=PREFETCHED_BATCHES if self.workers else None,
            pin_memory=self.device.type == "cuda",
            generator=torch.Generator(),
            worker_init_fn=ignore_signals,
        )
        for batch in loader:
            yield {role: self._to_device(value) for role, value in batch.items()}

    def _to_device(self, value: Tensor) -> Tensor:
        value = value.to(self.device, non_blocking=True)
        if value.dtype != torch.uint8:
            return value
        return channels_last(to_unit(value)) if self.channels_last else to_unit(value)

    def __getitem__(self, number: int) -> dict[str, Tensor]:
        """Batch `number`: images (N, C, H, W) by role, uint8 or float32 as in the set, and labels (N,)."""
        places = number * self.batch_size + self.rows
        chosen = self._chosen(places)
        pictures = {role: np.asarray(self.images[indices]) for role, indices in chosen.items()}
        if self.augmentation is not None:
            pictures = self._augmented(pictures, places, self.augmentation)
        batch = {role: to_channels_first(images) for role, images in pictures.items()}
        return batch if self.labels is None else batch | {"label": torch.from_numpy(self.labels[chosen["image"]])}

    def _chosen(self, places: np.ndarray) -> dict[str, np.ndarray]:
        """Image indices at these positions of the endless order, by role."""
        if self.classes is not None:
            return {"image": balanced(places, self.classes, self.seed)}
        # Pairs are shuffled together, unpaired domains independently.
        each = enumerate(self.roles.items())
        return {role: natural(places, indices, self.seed, 0 if self.paired else order) for order, (role, indices) in each}

    def _augmented(self, pictures: dict[str, np.ndarray], places: np.ndarray, augmentation: Augmentation) -> dict[str, np.ndarray]:
        """Augment each image independently, but both images of a pair with the same geometry."""
        if self.paired:
            pairs = [augmentation(a, self.seed, place, 0, pair=b) for a, b, place in zip(*pictures.values(), places, strict=True)]
            return dict(zip(pictures, map(np.stack, zip(*pairs, strict=True)), strict=True))
        return {
            role: np.stack([augmentation(image, self.seed, place, order)[0] for image, place in zip(images, places, strict=True)])
            for order, (role, images) in enumerate(pictures.items())
        }


def ignore_signals(worker: int) -> None:
    """Leave Ctrl-C, SIGTERM and SIGUSR1 to the training process. Terminals and schedulers send them to the loader's processes, too."""
    for number in {signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGUSR1", signal.SIGTERM)}:  # Windows has no SIGUSR1
        signal.signal(number, signal.SIG_IGN)


class Count:
    """Sampler of start, start + 1, ... without end."""

    def __init__(self, start: int):
        self.start = start

    def __iter__(self) -> Iterator[int]:
        return itertools.count(self.start)


def roles(images: PreparedSet, split: str = "train") -> Mapping[str, np.ndarray]:
    """Map the roles of a batch, "image" or "a" and "b", to the indices of their images in the set."""
    if images.kind == "paired":
        return dict(zip(("a", "b"), images.pairs(split), strict=True))
    if images.kind == "unpaired":
        return {domain: images.indices(split, domain) for domain in ("a", "b")}
    return {"image": images.indices(split)}


def labels(images: PreparedSet) -> np.ndarray | None:
    """Index in `classes` of the label of each image of a set, (N,); None if the set is not labelled."""
    number = {name: index for index, name in enumerate(images.classes)}
    return images.manifest["label"].map(number).to_numpy() if images.kind == "labelled" else None


def training_classes(images: PreparedSet) -> list[np.ndarray]:
    """For each class with training images, the indices of those images in the set.

    Raises:
        InputError: the set is not labelled.
    """
    numbers = labels(images)
    if numbers is None:
        raise InputError(
            f"sampling: got 'balanced', but image set '{images.name}' is {images.kind}; expected a labelled set. "
            "Set `sampling: natural` in the recipe's budget, or name a set with labels."
        )
    indices = images.indices("train")
    return [indices[numbers[indices] == number] for number in np.unique(numbers[indices])]


def batch_of(images: PreparedSet, indices: np.ndarray, device: torch.device | str = "cpu") -> Batch:
    """Batch of the images at these indices of a set with one domain, in [-1, 1], with labels if the set has them."""
    batch = {"image": to_unit(to_channels_first(np.asarray(images.images[indices])))}
    if (numbers := labels(images)) is not None:
        batch["label"] = torch.from_numpy(numbers[indices])
    return {role: values.to(device) for role, values in batch.items()}

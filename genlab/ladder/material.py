"""Real images of a set, divided for the ladder."""

from typing import NamedTuple

import numpy as np

from genlab.errors import InputError
from genlab.images.prepared_set import PreparedSet

FEWEST = 40  # images of a sample
LARGEST = 400
TRAINING = 3  # training images per image of a sample, at most
PARTS = 4  # the reference and three parts from which samples are drawn


class Material(NamedTuple):
    """Disjoint parts of an image set; `training` trains the classifier and is what samples may have memorised."""

    images: np.ndarray  # of the whole set, uint8 (K, H, W, C)
    labels: np.ndarray | None  # (K,), int; None for a set without classes
    training: np.ndarray  # indices; empty for a set without classes
    reference: np.ndarray  # indices of N real images, the same for all scores
    pool: np.ndarray  # indices of at least 3 N images, from which samples are drawn

    def sample(self, seed: int) -> np.ndarray:
        """Indices of N different images of the pool."""
        return np.random.default_rng(seed).choice(self.pool, len(self.reference), replace=False)


def divided(
    images: PreparedSet,
    largest: int = LARGEST,  # images of a sample, at most
    seed: int = 0,
) -> Material:
    """Divide a set at random: 2 / 5 for training if it has classes, and a quarter of the rest as reference.

    The split of the set is not used: samples have to be as new to the classifier as the reference is.

    Raises:
        InputError: the set has too few images.
    """
    order = np.random.default_rng(seed).permutation(len(images.images))
    trained = len(order) * 2 // 5 if images.classes else 0
    count = (len(order) - trained) // PARTS
    count = min(count, largest)
    if count < FEWEST:
        needed = FEWEST * PARTS * (5 if images.classes else 3) // 3
        raise InputError(f"Image set '{images.name}' has {len(order)} images; the ladder of damage needs at least {needed}.")
    labels = images.manifest["label"].map({name: number for number, name in enumerate(images.classes)}) if images.classes else None
    return Material(
        images=images.images,
        labels=None if labels is None else labels.to_numpy(),
        training=order[:trained][: TRAINING * count],
        reference=order[trained : trained + count],
        pool=order[trained + count :][: (PARTS - 1) * count],
    )

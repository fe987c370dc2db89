"""Training of the in-domain classifier.

The budget is a number of images, so that training on 40 images costs as much as on 60,000. Labels are not smoothed: smoothing contracts the
features of a class (Müller et al. 2019, arXiv:1906.02629), and distances and recall measure their spread.
"""

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from tqdm import tqdm

from genlab.engine.seeding import mix
from genlab.errors import InputError
from genlab.extractors.classifier import FEATURES, SIDE, WIDTHS, Classifier, Network, shrunk
from genlab.images.pixels import channels_last, to_unit

BATCH_SIZE = 64
IMAGES = 64_000  # default budget
LEARNING_RATE = 5e-3  # at its peak
WEIGHT_DECAY = 5e-4
SEED = 0


def fit(
    images: np.ndarray,  # uint8 (N, H, W, C)
    labels: np.ndarray,  # int (N,), from 0 to classes - 1
    classes: int,
    seed: int = SEED,
    what: str = "",  # name of the images in the progress bar, e.g. "real images"
    budget: int = IMAGES,  # images seen; rounded up to whole batches, since batch norm cannot train on a batch of one image
) -> Classifier:
    """Train a classifier. The result depends on the images, the labels, the seed and torch's number of threads.

    Raises:
        InputError: there is not one label per image, a label is out of range, or all images have one class.
    """
    check(images, labels, classes)
    pixels, numbers = shrunk(images), torch.from_numpy(np.asarray(labels, np.int64))
    network: Network = initial(pixels.shape[1], classes, seed).to(memory_format=torch.channels_last).train()  # type: ignore[call-overload]
    batches = order(len(pixels), seed, budget).split(BATCH_SIZE)
    optimizer = torch.optim.AdamW(network.parameters(), LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, len(batches), pct_start=0.25)
    # No augmentation: with random shifts of a pixel or two the budget would not suffice.
    with torch.enable_grad():
        for batch in tqdm(batches, f"classifier of {what}" if what else "classifier", unit="batch", disable=None):
            optimizer.zero_grad()
            cross_entropy(network(channels_last(to_unit(pixels[batch]))), numbers[batch]).backward()
            optimizer.step()
            cycle.step()
    return Classifier(network)


def initial(channels: int, classes: int, seed: int = SEED) -> Network:
    """Create an untrained network without changing torch's random state."""
    with torch.random.fork_rng(devices=[]):
        # torch.manual_seed would also seed the accelerators, whose state is not restored.
        torch.default_generator.manual_seed(mix(seed))
        return Network(channels, classes)


def check(images: np.ndarray, labels: np.ndarray, classes: int) -> None:
    """Check images and labels; see `fit`."""
    if len(images) != len(labels):
        raise InputError(f"classifier: got {len(images):,} images and {len(labels):,} labels, expected one label per image.")
    seen = np.unique(labels)
    if len(seen) and (seen[0] < 0 or seen[-1] >= classes):
        raise InputError(f"classifier: got labels from {seen[0]} to {seen[-1]}, expected 0 to {classes - 1}, for {classes} classes.")
    if len(seen) < 2:
        raise InputError(
            f"classifier: got {len(images):,} images of {len(seen)} of {classes} classes, expected 2 classes or more. "
            "Give images of others, too, or leave out the scores that classify."
        )


def order(count: int, seed: int, budget: int) -> Tensor:
    """Order in which `count` images are used, whole batches of at least `budget` images: passes over all of them, each shuffled."""
    total = -(-budget // BATCH_SIZE) * BATCH_SIZE
    epochs = [np.random.default_rng(mix(seed, epoch)).permutation(count) for epoch in range(-(-total // count))]
    return torch.from_numpy(np.concatenate(epochs)[:total])


def protocol(budget: int) -> str:
    """Describe in words how a classifier is trained; part of the protocol of an evaluation."""
    return (
        f"a classifier of two convolutions ({' and '.join(map(str, WIDTHS))} filters) and a hidden layer of {FEATURES} units, all with "
        f"batch norm; {budget:,} images seen in batches of {BATCH_SIZE}; AdamW, one cycle of learning rates up to {LEARNING_RATE:g}, seed "
        f"{SEED}; images of more than {SIDE} px shrunk to {SIDE} px"
    )

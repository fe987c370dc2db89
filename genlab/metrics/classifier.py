"""A small classifier of a labelled image set, trained on the spot.

Three uses. Trained on real images, it tells how well generated ones are recognised as their class. Trained on generated images, its
accuracy on real held-out ones is the classification accuracy score (Ravuri and Vinyals 2019, arXiv:1905.10887). And its last activation
before the classes is a feature extractor of the set's own domain, for images of which ImageNet says little: small and grey.

What it sees is counted in images, not epochs: a classifier of 40 images costs what one of 60,000 costs. Labels are not smoothed: that
would draw the features of a class together (Müller et al. 2019, arXiv:1906.02629), and how images of a class differ is what distances
and recall are to see.
"""

import hashlib
import json
import logging
import os
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d, conv2d, cross_entropy, interpolate, max_pool2d, relu
from tqdm import tqdm

from genlab.errors import InputError
from genlab.export.networks import to_safetensors
from genlab.images.prepared_set import PreparedSet
from genlab.images.stream import channels_last, to_channels_first, to_unit
from genlab.images.stream import labels as labels_of
from genlab.seeding import mix

SIDE = 32  # pixels: the largest side that it looks at
WIDTHS = (32, 64)  # filters of the two convolutions
GRID = 4  # places along each side of the maps that the hidden layer sees
FEATURES = 128  # units of the hidden layer

IMAGES = 64_000  # seen in training, again and again where there are fewer; a multiple of BATCH_SIZE, since a batch of one has no norm
BATCH_SIZE = 64
LEARNING_RATE = 5e-3  # at its peak
WEIGHT_DECAY = 5e-4
SEED = 0

CHUNK = 256  # images that are shrunk, or looked at after training, at a time

PROTOCOL = (
    f"a classifier of two convolutions ({' and '.join(map(str, WIDTHS))} filters) and a hidden layer of {FEATURES} units, all with batch "
    f"norm; {IMAGES:,} images seen in batches of {BATCH_SIZE}; AdamW, one cycle of learning rates up to {LEARNING_RATE:g}, seed {SEED}; "
    f"images of more than {SIDE} px shrunk to {SIDE} px"
)

log = logging.getLogger(__name__)


class Network(nn.Module):
    """Image (N, C, H, W) in [-1, 1] -> logits (N, classes); sides from 8 px on.

    Two convolutions, each halved after, and a hidden layer over a grid of places, after LeNet (LeCun et al. 1998,
    doi:10.1109/5.726791), with batch norm (Ioffe and Szegedy 2015, arXiv:1502.03167) and ReLU. No mean over all places: where a thing
    is matters in images that are as aligned as a shoe's, and is worth 1 to 2 % of accuracy in the time that there is.
    """

    def __init__(self, channels: int, classes: int):
        super().__init__()
        first, second = WIDTHS
        self.first = nn.Conv2d(channels, first, 5, bias=False)
        self.second = nn.Conv2d(first, second, 3, padding=1, bias=False)
        self.norms = nn.ModuleList(nn.BatchNorm2d(width) for width in WIDTHS)
        self.hidden = nn.Sequential(nn.Linear(second * GRID**2, FEATURES, bias=False), nn.BatchNorm1d(FEATURES), nn.ReLU())
        self.logits = nn.Linear(FEATURES, classes)

    def features(self, image: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, FEATURES), not negative."""
        # Most of the time goes into the largest maps: of 32 px they are too dear, of 8 px nothing can be spared.
        stride = 2 if min(image.shape[2:]) >= 16 else 1
        maps = relu(self.norms[0](conv2d(image, self.first.weight, stride=stride, padding=2)))
        maps = relu(self.norms[1](self.second(halved(maps))))
        return self.hidden(adaptive_avg_pool2d(halved(maps), GRID).flatten(1))

    def forward(self, image: Tensor) -> Tensor:
        return self.logits(self.features(image))


def halved(maps: Tensor) -> Tensor:
    """(N, C, H, W) -> (N, C, H // 2, W // 2), the largest of each 2 x 2; as it is where a side has fewer than 8."""
    return max_pool2d(maps, 2) if min(maps.shape[2:]) >= 8 else maps


class Classifier:
    """uint8 images (N, H, W, C) -> features, classes; of any size, of as many channels as it was trained on."""

    name = "in_domain"  # scores carry it: kid_in_domain

    def __init__(self, network: Network):
        # The layout in memory decides on the last digits: one for the trained and for the loaded ones.
        self.network = network.to(memory_format=torch.channels_last).eval()

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """uint8 (N, H, W, C) -> features float32 (N, FEATURES)."""
        chunks = shrunk(images).split(CHUNK)
        with torch.inference_mode():
            return torch.cat([self.network.features(channels_last(to_unit(chunk))) for chunk in chunks]).numpy()

    def predict(self, images: np.ndarray) -> np.ndarray:
        """uint8 (N, H, W, C) -> class numbers int64 (N,)."""
        with torch.inference_mode():
            return self.network.logits(torch.from_numpy(self(images))).argmax(1).numpy()

    def accuracy(self, images: np.ndarray, labels: np.ndarray) -> float:
        """The share of images uint8 (N, H, W, C) that are recognised as their class, int (N,); in [0, 1].

        Raises:
            InputError: no image, or not one label an image.
        """
        if len(images) == 0 or len(images) != len(labels):
            raise InputError(f"accuracy: got {len(images):,} images and {len(labels):,} labels, expected as many, and at least one.")
        return float((self.predict(images) == labels).mean())


def fit(
    images: np.ndarray,  # uint8 (N, H, W, C)
    labels: np.ndarray,  # int (N,), from 0 to classes - 1
    classes: int,
    seed: int = SEED,
    what: str = "",  # what the progress bar calls them: "real images"
) -> Classifier:
    """Images and their classes -> a classifier: a function of them, of the seed and of torch's number of threads.

    Raises:
        InputError: not one label an image, labels that aren't among the classes, or all of one class.
    """
    check(images, labels, classes)
    pixels, numbers = shrunk(images), torch.from_numpy(np.asarray(labels, np.int64))
    network = initial(pixels.shape[1], classes, seed).to(memory_format=torch.channels_last).train()
    batches = order(len(pixels), seed).split(BATCH_SIZE)
    optimizer = torch.optim.AdamW(network.parameters(), LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, len(batches), pct_start=0.25)
    # Images are seen as they are: shifted by a pixel or two they would take longer to learn than there is time for.
    with torch.enable_grad():
        for batch in tqdm(batches, f"classifier of {what}" if what else "classifier", unit="batch", disable=None):
            optimizer.zero_grad()
            cross_entropy(network(channels_last(to_unit(pixels[batch]))), numbers[batch]).backward()
            optimizer.step()
            cycle.step()
    return Classifier(network)


def initial(channels: int, classes: int, seed: int = SEED) -> Network:
    """A network before training; torch's own random state stays as it was."""
    with torch.random.fork_rng(devices=[]):
        # Not torch.manual_seed: it would seed the accelerators, too, which are not forked.
        torch.default_generator.manual_seed(mix(seed))
        return Network(channels, classes)


def check(images: np.ndarray, labels: np.ndarray, classes: int) -> None:
    """As `fit`."""
    if len(images) != len(labels):
        raise InputError(f"classifier: got {len(images):,} images and {len(labels):,} labels, expected one label an image.")
    seen = np.unique(labels)
    if len(seen) and (seen[0] < 0 or seen[-1] >= classes):
        raise InputError(f"classifier: got labels from {seen[0]} to {seen[-1]}, expected 0 to {classes - 1}, for {classes} classes.")
    if len(seen) < 2:
        raise InputError(
            f"classifier: got {len(images):,} images of {len(seen)} of {classes} classes, expected 2 classes or more. "
            "Give images of others, too, or leave out the scores that classify."
        )


def order(count: int, seed: int) -> Tensor:
    """Which of `count` images are seen, one after the other, (IMAGES,): all of them, shuffled, again and again."""
    epochs = [np.random.default_rng(mix(seed, epoch)).permutation(count) for epoch in range(-(-IMAGES // count))]
    return torch.from_numpy(np.concatenate(epochs)[:IMAGES])


def shrunk(images: np.ndarray) -> Tensor:
    """uint8 (N, H, W, C) -> uint8 (N, C, H', W'), the larger side at most SIDE px: bilinear, antialiased."""
    height, width = images.shape[1:3]
    scale = SIDE / max(height, width)
    if scale >= 1:
        return to_channels_first(np.array(images))
    size = (max(1, round(height * scale)), max(1, round(width * scale)))
    small = []
    for start in range(0, len(images), CHUNK):
        chunk = to_channels_first(np.array(images[start : start + CHUNK])).float()
        small.append(interpolate(chunk, size, mode="bilinear", antialias=True).round().to(torch.uint8))
    return torch.cat(small)


class Classifiers:
    """The classifiers of whole image sets, each trained once, then read from a folder."""

    def __init__(self, folder: Path):
        self.folder = Path(folder)

    def of_set(self, images: PreparedSet) -> Classifier:
        """The classifier of a set's training images.

        Raises:
            InputError: the set isn't labelled, or as `fit`.
        """
        from safetensors.torch import load_file

        if (numbers := labels_of(images)) is None:
            raise InputError(f"Image set '{images.name}' ({images.kind}) has no labels to train a classifier with. Declare it labelled.")
        file = self.folder / f"{images.content_hash[:16]}_{key()}.safetensors"
        if not file.exists():
            log.info("a classifier of the images of '%s', once for all recipes", images.name)
            train = images.indices("train")
            made = fit(images.images[train], numbers[train], len(images.classes), what=f"'{images.name}'")
            file.parent.mkdir(parents=True, exist_ok=True)
            partial = file.with_suffix(f".{os.getpid()}.part")
            partial.write_bytes(to_safetensors(made.network, {"protocol": PROTOCOL, "classes": images.classes}))
            os.replace(partial, file)
        network = initial(images.images.shape[3], len(images.classes))
        network.load_state_dict(load_file(file))
        return Classifier(network)


def key() -> str:
    """16 hexadecimal digits of all that a classifier depends on beside the images, to the last digit: this code, torch, its threads."""
    settings = [torch.__version__, np.__version__, torch.get_num_threads()]
    return hashlib.sha256(json.dumps(settings).encode() + Path(__file__).read_bytes()).hexdigest()[:16]

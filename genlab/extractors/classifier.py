"""The in-domain classifier: a small classifier of a labelled image set, trained on that set.

It has three uses. Trained on real images, it measures how well generated images are recognised as their class. Trained on generated
images, its accuracy on held-out real images is the classification accuracy score (Ravuri and Vinyals 2019, arXiv:1905.10887). Its last
activation before the classes is a feature extractor of the set's own domain, for small grey images that ImageNet features describe
poorly.
"""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d, conv2d, interpolate, max_pool2d, relu

from genlab.errors import InputError
from genlab.extractors.batches import softmax
from genlab.images.pixels import channels_last, to_channels_first, to_unit

SIDE = 32  # pixels; larger images are downscaled to this side
WIDTHS = (32, 64)  # filters of the two convolutions
GRID = 4  # positions per side of the pooled maps that enter the hidden layer
FEATURES = 128  # units of the hidden layer
CHUNK = 256  # images that are downscaled or classified together


class Network(nn.Module):
    """Image (N, C, H, W) in [-1, 1] -> logits (N, classes); sides of at least 8 px.

    Two convolutions, each followed by max pooling, and a hidden layer over a grid of positions, after LeNet (LeCun et al. 1998,
    doi:10.1109/5.726791), with batch norm (Ioffe and Szegedy 2015, arXiv:1502.03167) and ReLU. There is no global average pooling:
    positions are informative in aligned images and improve the accuracy by 1 to 2 % at this budget.
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
        """Image (N, C, H, W) -> non-negative features (N, FEATURES)."""
        # The largest maps take most of the time: stride 2 for images from 16 px on, full resolution for smaller ones.
        stride = 2 if min(image.shape[2:]) >= 16 else 1
        maps = relu(self.norms[0](conv2d(image, self.first.weight, stride=stride, padding=2)))
        maps = relu(self.norms[1](self.second(halved(maps))))
        features: Tensor = self.hidden(adaptive_avg_pool2d(halved(maps), GRID).flatten(1))
        return features

    def forward(self, image: Tensor) -> Tensor:
        logits: Tensor = self.logits(self.features(image))
        return logits


def halved(maps: Tensor) -> Tensor:
    """Max-pool maps (N, C, H, W) to (N, C, H // 2, W // 2); maps with a side below 8 are returned unchanged."""
    return max_pool2d(maps, 2) if min(maps.shape[2:]) >= 8 else maps


class Classifier:
    """Classifier of uint8 images (N, H, W, C) of any size, with the number of channels that it was trained on."""

    name = "in_domain"  # part of the names of scores: kid_in_domain

    def __init__(self, network: Network):
        # The memory format changes last digits: trained and loaded classifiers use the same one.
        self.network = network.to(memory_format=torch.channels_last).eval()  # type: ignore[call-overload]  # missing in torch's overloads

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """uint8 (N, H, W, C) -> features float32 (N, FEATURES)."""
        chunks = shrunk(images).split(CHUNK)
        with torch.inference_mode():
            return torch.cat([self.network.features(channels_last(to_unit(chunk))) for chunk in chunks]).numpy()

    def predict(self, images: np.ndarray) -> np.ndarray:
        """uint8 (N, H, W, C) -> class numbers int64 (N,)."""
        return self.assigned(self(images))

    def assigned(self, features: np.ndarray) -> np.ndarray:
        """Features float32 (N, FEATURES) -> class numbers int64 (N,)."""
        numbers: np.ndarray = self.logits(features).argmax(1)
        return numbers

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """uint8 (N, H, W, C) -> probabilities of the classes float32 (N, classes)."""
        return self.probabilities_of(self(images))

    def probabilities_of(self, features: np.ndarray) -> np.ndarray:
        """Features (N, FEATURES) of this classifier -> probabilities of the classes float32 (N, classes)."""
        return softmax(self.logits(features))

    def logits(self, features: np.ndarray) -> np.ndarray:
        """Features (N, FEATURES) -> logits float32 (N, classes)."""
        with torch.inference_mode():
            logits: np.ndarray = self.network.logits(torch.tensor(features)).numpy()
        return logits

    def accuracy(self, images: np.ndarray, labels: np.ndarray) -> float:
        """Share of images uint8 (N, H, W, C) that are classified as their label, int (N,); in [0, 1].

        Raises:
            InputError: there are no images, or not one label per image.
        """
        if len(images) == 0 or len(images) != len(labels):
            raise InputError(f"accuracy: got {len(images):,} images and {len(labels):,} labels, expected as many, and at least one.")
        return float((self.predict(images) == labels).mean())


def shrunk(images: np.ndarray) -> Tensor:
    """Images uint8 (N, H, W, C) -> uint8 (N, C, H', W') with sides of at most SIDE px, bilinear with antialiasing."""
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

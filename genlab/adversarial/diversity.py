"""Diversity of samples compared with real images, which drops in a mode collapse."""

from collections.abc import Callable

import torch
from torch import Tensor

from genlab.engine import ranks
from genlab.engine.stream import Stream
from genlab.engine.updates import Terms


class Diversity:
    """Update that changes no state: logs the mean pairwise distance of samples of fixed latents, relative to that of real images.

    With a batch of one image there are no pairs, and nothing is logged.
    """

    def __init__(
        self,
        sample: Callable[[int], Tensor],  # largest number of samples -> samples (N, C, H, W) of fixed latents
        every: int = 10,  # turns between two measurements
        real: Callable[[Tensor], Tensor] = lambda images: images,  # maps real images to the resolution of the samples
    ):
        self.sample, self.every, self.real = sample, every, real

    def __call__(self, stream: Stream) -> Terms:
        if not stream.is_due(self.every):
            return {}
        real = self.real(ranks.gather(stream.batch["image"]))
        if len(real) < 2:
            return {}
        samples = self.sample(2 * len(real))  # bounds time and memory by the batch size, at any image size
        return {"diversity": pairwise_distance(samples) / pairwise_distance(real)}


def pairwise_distance(images: Tensor) -> Tensor:
    """Images (N, ...) -> mean Euclidean distance over pairs of different images, a scalar."""
    flat = images.flatten(1).float()
    return torch.cdist(flat, flat).sum() / (len(flat) * (len(flat) - 1))

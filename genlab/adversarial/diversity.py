"""How much samples differ from each other, compared with real images: the number in which mode collapse shows."""

from collections.abc import Callable

import torch
from torch import Tensor

from genlab.engine.stream import Stream
from genlab.engine.updates import Terms


class Diversity:
    """An Update that changes no state: the mean pairwise distance of samples of fixed latents, as a share of the real images'."""

    def __init__(
        self,
        sample: Callable[[int], Tensor],  # largest number of images -> samples (N, C, H, W) of fixed latents
        every: int = 10,  # turns
        real: Callable[[Tensor], Tensor] = lambda images: images,  # real images -> the resolution of the samples
    ):
        self.sample, self.every, self.real = sample, every, real

    def __call__(self, stream: Stream) -> Terms:
        if not stream.is_due(self.every):
            return {}
        real = self.real(stream.batch["image"])
        samples = self.sample(2 * len(real))  # time and memory follow the batch size at any image size
        return {"diversity": pairwise_distance(samples) / pairwise_distance(real)}


def pairwise_distance(images: Tensor) -> Tensor:
    """Images (N, ...) -> mean Euclidean distance between two different images, a scalar."""
    flat = images.flatten(1).float()
    return torch.cdist(flat, flat).sum() / (len(flat) * (len(flat) - 1))

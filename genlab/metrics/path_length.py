"""Perceptual path length: how fast images change on the way between two latents. Karras et al. 2018 (arXiv:1812.04948), section 4.1.

Not LPIPS, and no cropping: scores carry the extractor in their name (`ppl_efflite0`) and are not comparable with published ones.
"""

import math
from collections.abc import Iterable, Iterator
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from genlab.engine.seeding import mix
from genlab.extractors.contract import Extractor
from genlab.metrics.perceptual import BATCH_SIZE, perceptual_distances
from genlab.networks.evaluation_mode import evaluation_mode
from genlab.networks.latents import normal, normal_cdf
from genlab.networks.style import Generator

STEP = 1e-4  # epsilon, the paper's; in 32 bits, too, the rounding of images adds but 0.001 to a length


@torch.no_grad()
def steps_along(
    generator: Generator,
    space: Literal["z", "w"],  # where the ways are: on great circles, or straight between styles
    count: int,  # pairs
    seed: int,
    step: float = STEP,  # as a share of the way
    labels: Tensor | None = None,  # (count,), one for both ends of a way, for a generator that is told them
) -> Iterator[tuple[Tensor, Tensor]]:
    """Batches of pairs of images (N, C, H, W): those at t and at t + step on ways between random latents, t ~ U(0, 1); no truncation.

    Both images of a pair have the same noise.
    """
    device = generator.mean.device
    ends = [normal(count, generator.latent_size, mix(seed, number)) for number in (0, 1)]
    share = normal_cdf(normal(count, 1, mix(seed, 2)).double())
    for begin in range(0, count, BATCH_SIZE):
        batch = slice(begin, begin + BATCH_SIZE)
        start, end, t = (each[batch] for each in (*ends, share))
        label = None if labels is None else labels[batch].to(device)
        noise = normal(len(t), generator.noise_size, mix(seed, 3, begin), device)
        with evaluation_mode(generator):
            if space == "z":
                w = [generator.map(great_circle(start, end, place).to(device), label) for place in (t, t + step)]
            else:
                start, end = (generator.map(each.to(device), label) for each in (start, end))
                w = [torch.lerp(start, end, place.float().to(device)) for place in (t, t + step)]
            images = [generator.synthesise(each, noise) for each in w]
        yield images[0], images[1]


def great_circle(
    start: Tensor,  # (N, D)
    end: Tensor,
    share: Tensor,  # (N, 1), of the way
) -> Tensor:
    """(N, D), of length sqrt(D): between the latents' directions. In 64 bits: a step is short."""
    start, end = (torch.nn.functional.normalize(each.double(), dim=1) for each in (start, end))
    angle = (start * end).sum(1, keepdim=True).acos()
    place = (torch.sin((1 - share) * angle) * start + torch.sin(share * angle) * end) / torch.sin(angle)
    return (math.sqrt(start.shape[1]) * place).float()


def perceptual_path_length(
    pairs: Iterable[tuple[Tensor, Tensor]],  # batches of images (N, C, H, W) in [-1, 1], a step apart
    step: float,
    extractor: Extractor,
) -> dict[str, float]:
    """The mean of d / step^2 over all pairs, d the perceptual distance, and the mean's standard error as `<score>_spread`.

    All pairs count, outliers too. The images are those that are seen, within [-1, 1], but not rounded to bytes: a step changes less.
    """
    distances = np.concatenate([perceptual_distances(unrounded(first), unrounded(second), extractor) for first, second in pairs])
    lengths = distances / step**2
    return {
        f"ppl_{extractor.name}": float(lengths.mean()),
        f"ppl_{extractor.name}_spread": float(lengths.std(ddof=1) / math.sqrt(len(lengths))),
    }


def unrounded(images: Tensor) -> np.ndarray:
    """(N, C, H, W) in [-1, 1] -> float32 (N, H, W, C) in [0, 255]; extractors work in floats, and take these in the place of bytes."""
    return images.float().add(1).mul(127.5).clamp(0, 255).permute(0, 2, 3, 1).cpu().numpy()

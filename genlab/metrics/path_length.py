"""Perceptual path length: how fast images change during interpolation. Karras et al. 2018 (arXiv:1812.04948), section 4.1.

It uses another distance than LPIPS and does not crop. Scores carry the extractor in their name (`ppl_efflite0`) and are not comparable
with published ones.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from genlab.engine.in_order import Batches
from genlab.engine.precision import in_float64
from genlab.engine.seeding import mix
from genlab.extractors.contract import Named, Staged
from genlab.metrics.counts import require_images
from genlab.metrics.names import in_features_of
from genlab.metrics.perceptual import BATCH_SIZE, perceptual_distances
from genlab.networks.evaluation_mode import evaluation_mode
from genlab.networks.latents import normal, normal_cdf
from genlab.networks.style import Generator

STEP = 1e-4  # epsilon of the paper; rounding of float32 images adds only 0.001 to a length


def steps_along(
    generator: Generator,
    space: Literal["z", "w"],  # z: interpolate latents on great circles; w: interpolate styles linearly
    count: int,  # number of pairs
    seed: int,
    step: float = STEP,  # as a share of the path
    labels: Tensor | None = None,  # (count,), one per path, for a conditional generator
) -> Batches[tuple[Tensor, Tensor]]:
    """Compute batches of image pairs (N, C, H, W), at t and t + step on paths between random latents, t ~ U(0, 1).

    Latents are not truncated. Both images of a pair have the same noise.
    """
    device = generator.mean.device
    ends = [normal(count, generator.latent_size, mix(seed, number)) for number in (0, 1)]
    share = normal_cdf(normal(count, 1, mix(seed, 2)).double())

    @torch.no_grad()
    def pairs(begin: int, stop: int) -> tuple[Tensor, Tensor]:
        start, end, t = (each[begin:stop] for each in (*ends, share))
        label = None if labels is None else labels[begin:stop].to(device)
        noise = normal(len(t), generator.noise_size, mix(seed, 3, begin), device)
        with evaluation_mode(generator):
            if space == "z":
                w = [generator.map(great_circle(start, end, place).to(device), label) for place in (t, t + step)]
            else:
                start, end = (generator.map(each.to(device), label) for each in (start, end))
                w = [torch.lerp(start, end, place.float().to(device)) for place in (t, t + step)]
            images = [generator.synthesise(each, noise) for each in w]
        return images[0], images[1]

    return Batches(count, BATCH_SIZE, pairs)


def great_circle(
    start: Tensor,  # (N, D)
    end: Tensor,
    share: Tensor,  # position on the path in [0, 1], (N, 1)
) -> Tensor:
    """Interpolate directions of latents on great circles -> (N, D) of length sqrt(D). Computed in float64, since steps are short."""
    start, end = (torch.nn.functional.normalize(in_float64(each), dim=1) for each in (start, end))
    angle = (start * end).sum(1, keepdim=True).acos()
    place = (torch.sin((1 - share) * angle) * start + torch.sin(share * angle) * end) / torch.sin(angle)
    return (math.sqrt(start.shape[1]) * place).float()


def perceptual_path_length(
    pairs: Iterable[tuple[Tensor, Tensor]],  # batches of images (N, C, H, W) in [-1, 1], one step apart
    step: float,
    extractor: Staged,
) -> dict[str, float]:
    """Mean of d / step^2 over all pairs, where d is the perceptual distance. See `mean_length`."""
    return mean_length([distances_of(pair, extractor) for pair in pairs], step, extractor)


def distances_of(pair: tuple[Tensor, Tensor], extractor: Staged) -> np.ndarray:
    """Perceptual distances of a batch of pairs, float64 (N,).

    Images are clipped to [-1, 1] and not rounded to bytes, since one step changes less than a grey level.
    """
    first, second = pair
    return perceptual_distances(unrounded(first), unrounded(second), extractor)


def mean_length(
    distances: Sequence[np.ndarray],  # of batches of pairs, (N,) each
    step: float,
    extractor: Named,
) -> dict[str, float]:
    """Mean of d / step^2 over all pairs, where d is their distance; from two pairs on, also its standard error as `<score>_spread`.

    Outliers are not removed.

    Raises:
        InputError: there are no pairs.
    """
    require_images("perceptual path length", {"paired": sum(map(len, distances))}, 1)
    lengths, name = np.concatenate(distances) / step**2, in_features_of(extractor.name, "ppl")
    spread = {f"{name}_spread": float(lengths.std(ddof=1) / math.sqrt(len(lengths)))} if len(lengths) > 1 else {}
    return {name: float(lengths.mean())} | spread


def unrounded(images: Tensor) -> np.ndarray:
    """Images (N, C, H, W) in [-1, 1] -> float32 (N, H, W, C) in [0, 255]. Extractors with stages accept these in place of bytes."""
    return images.float().add(1).mul(127.5).clamp(0, 255).permute(0, 2, 3, 1).cpu().numpy()

"""The random inputs of a seed: latent, label and noise. This is their only definition.

`genlab.networks.latents.of_seeds` returns the same numbers as tensors.
"""

import math
from typing import NamedTuple

import numpy as np

from .truncation import truncated


class Drawn(NamedTuple):
    """Random inputs of one image."""

    latent: np.ndarray  # (latent_size,) float32, from N(0, 1), truncated if a bound was given
    label: int  # one of the classes; 0 if there are none
    noise: np.ndarray  # (noise_size,) float32, from N(0, 1)


def of_seed(
    seed: int,  # 0 or more
    latent_size: int,
    classes: int = 0,  # number of classes; 0: unconditional
    noise_size: int = 0,  # numbers of noise of a style-based model; 0: none
    bound: float = math.inf,  # latents are truncated to [-bound, bound]; inf: not truncated
) -> Drawn:
    """Draw the inputs of a seed. Numpy's generator of the seed draws the latent first, then the label, then the noise.

    The label is drawn whether or not it is used, so that the noise of a seed is always the same.
    """
    random = np.random.default_rng(seed)
    latent = truncated(random.standard_normal(latent_size), bound)
    label = int(random.integers(classes)) if classes else 0
    return Drawn(latent.astype(np.float32), label, random.standard_normal(noise_size).astype(np.float32))


def path(
    corners: np.ndarray,  # (K, D): the latents to visit, K at least 2
    frames: int,  # number of latents on the path, at least 2
) -> np.ndarray:
    """Latents (frames, D) float32 on a path through the corners, both ends included, in equal steps of a corner-to-corner share.

    Neighbouring corners are connected by great circles, as in genlab.networks.latents.spherical_interpolation. White 2016
    (arXiv:1609.04468), section 2.
    """
    latents = []
    for place in np.linspace(0, len(corners) - 1, frames):
        index = min(int(place), len(corners) - 2)
        latents.append(on_circle(corners[index].astype(float), corners[index + 1].astype(float), place - index))
    return np.array(latents, np.float32)


def on_circle(start: np.ndarray, end: np.ndarray, share: float) -> np.ndarray:
    """Latent (D,) at a share in [0, 1] of the great circle from `start` to `end`, both (D,) float64. The ends are exact."""
    if share in (0.0, 1.0):
        return end if share else start
    cosine = float(start @ end / max(np.linalg.norm(start) * np.linalg.norm(end), 1e-12))
    angle = math.acos(min(max(cosine, -1 + 1e-6), 1 - 1e-6))
    between: np.ndarray = (math.sin((1 - share) * angle) * start + math.sin(share * angle) * end) / math.sin(angle)
    return between

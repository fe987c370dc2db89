"""What is done to images before a likelihood scores them: genlab.variational.likelihoods and genlab.images.levels in numpy."""

from typing import Literal, NamedTuple

import numpy as np


class Preparation(NamedTuple):
    """What is done to images in [-1, 1] before they are scored: part of release.json."""

    kind: Literal["none", "binarise", "draw", "dequantise"] = "none"  # draw: white with the brightness as probability
    levels: int = 256  # intensity levels, of `dequantise`
    draws: int = 1  # dequantisations over which a log-likelihood is averaged


def unit(pixels: np.ndarray) -> np.ndarray:
    """Pixels uint8 (H, W, C) -> float32 (1, C, H, W) in [-1, 1]."""
    image: np.ndarray = pixels.transpose(2, 0, 1)[None].astype(np.float32) / np.float32(127.5) - np.float32(1)
    return image


def prepared(pixels: np.ndarray, how: Preparation, random: np.random.Generator) -> np.ndarray:
    """Pixels uint8 (H, W, C) -> the image that is scored, float32 (1, C, H, W)."""
    image = unit(pixels)
    match how.kind:
        case "binarise":
            return (image > 0).astype(np.float32)
        case "draw":
            return (random.random(image.shape) < (image + 1) / 2).astype(np.float32)
        case "dequantise":
            step = 2 / (how.levels - 1)
            level = np.rint((image + 1) / step).clip(0, how.levels - 1)
            moved: np.ndarray = ((level + random.random(image.shape) - 0.5) * step - 1).astype(np.float32)
            return moved
    return image

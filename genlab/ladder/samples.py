"""Samples of a set with every kind of damage that applies to it."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from genlab.damage import choice, pixels
from genlab.damage.damages import DAMAGES
from genlab.ladder.material import Material


class Sample(NamedTuple):
    """Images that play the part of generated ones."""

    pixels: np.ndarray  # uint8 (N, H, W, C)
    indices: np.ndarray | None  # of unchanged images of the set, (N,); None for changed ones


def applicable(material: Material) -> list[str]:
    """Names of the kinds of damage that apply to a set: colours need three channels, classes and memorisation need labels."""
    left_out = {"colours": material.images.shape[3] != 3, "classes": material.labels is None, "memorised": len(material.training) == 0}
    return [name for name in DAMAGES if not left_out.get(name, False)]


def unchanged(material: Material, indices: np.ndarray) -> Sample:
    """The images at these indices, as they are."""
    return Sample(material.images[indices], indices)


def damaged(material: Material, base: np.ndarray, name: str, seed: int = 0) -> Iterator[Sample]:
    """Yield the images at indices `base` (N,) with each strength of one kind of damage, from weak to strong."""
    spare = np.setdiff1d(material.pool, base)
    for strength in DAMAGES[name].strengths:
        changed = changed_pixels(material.images[base], name, strength, seed)
        if changed is not None:
            yield Sample(changed, None)
        elif name == "collapse":
            yield unchanged(material, choice.collapsed(base, max(1, round(strength * len(base))), seed))
        elif name == "classes" and material.labels is not None:
            yield unchanged(material, choice.without_classes(base, material.labels, round(strength), spare, seed))
        else:
            yield unchanged(material, choice.memorised(base, material.training, strength, seed))


def changed_pixels(images: np.ndarray, name: str, strength: float, seed: int = 0) -> np.ndarray | None:
    """Images with this damage to their pixels; None for damage by the choice of images."""
    if name == "blur":
        return pixels.blurred(images, strength)
    if name == "noise":
        return pixels.noisy(images, strength, seed)
    if name == "jpeg":
        return pixels.compressed(images, round(strength))
    return pixels.tinted(images, strength) if name == "colours" else None

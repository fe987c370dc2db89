"""The distortions of adaptive augmentation, as random matrices. Karras et al. 2020 (arXiv:2006.06676), appendix B.

Geometry: images (N, C, H, W) -> maps from the distorted image to the original, (N, 3, 3), the inverse of the paper's matrix. Colours:
images -> matrices that multiply (red, green, blue, 1), (N, 4, 4); luma is the mean of the three channels.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import pad

from genlab.adversarial.affine_maps import luma, mixing, rotation, scaling, translation


def flip(image: Tensor) -> Tensor:
    """Mirrored or not, left to right: when applied, one in two."""
    return scaling(1 - 2 * (uniform(image) * 2).floor(), torch.ones(len(image), device=image.device))


def turn(image: Tensor) -> Tensor:
    """0, 1, 2 or 3 quarter turns."""
    quarters = (uniform(image) * 4).floor()
    # Whole numbers, which the cosine of a rounded pi / 2 isn't: 1, 0, -1, 0 and 0, 1, 0, -1.
    return rotation((1 - quarters) * (quarters != 3), (2 - quarters) * (quarters != 0))


def shift(image: Tensor) -> Tensor:
    """Whole pixels, up to an eighth of each side."""
    x, y = ((side * 0.25 * (uniform(image) - 0.5)).round() for side in (image.shape[3], image.shape[2]))
    return translation(x, y)


def scale(image: Tensor) -> Tensor:
    """Both sides alike, lognormal with sigma = 0.2 ln 2."""
    factor = torch.exp2(-0.2 * normal(image))
    return scaling(factor, factor)


def rotate(image: Tensor) -> Tensor:
    """By any angle."""
    angle = math.tau * uniform(image)
    return rotation(angle.cos(), angle.sin())


def stretch(image: Tensor) -> Tensor:
    """One side by s, the other by 1 / s, lognormal with sigma = 0.2 ln 2."""
    factor = torch.exp2(-0.2 * normal(image))
    return scaling(factor, 1 / factor)


def slide(image: Tensor) -> Tensor:
    """Parts of pixels, too: N(0, 0.125^2) of each side."""
    x, y = (side * 0.125 * normal(image) for side in (image.shape[3], image.shape[2]))
    return translation(x, y)


def brightness(image: Tensor) -> Tensor:
    """All channels + N(0, 0.2^2)."""
    return pad(normal(image)[:, None, None].expand(-1, 3, 1) * 0.2, (3, 0, 0, 1)) + torch.eye(4, device=image.device)


def contrast(image: Tensor) -> Tensor:
    """All channels times a lognormal with sigma = 0.5 ln 2: 0 is the middle."""
    return mixing(torch.exp2(0.5 * normal(image))[:, None, None] * torch.eye(3, device=image.device))


def luma_flip(image: Tensor) -> Tensor:
    """Light becomes dark and hue stays, or not: when applied, one in two. The paper's Householder reflection."""
    flipped = (uniform(image) * 2).floor()
    return mixing(torch.eye(3, device=image.device) - 2 * flipped[:, None, None] * luma(image))


def hue(image: Tensor) -> Tensor:
    """Rotated about the axis of greys, by any angle (Rodrigues' formula)."""
    angle = (math.tau * uniform(image))[:, None, None]
    eye = torch.eye(3, device=image.device)
    across = (eye.roll(1, 0) - eye.roll(-1, 0)) / math.sqrt(3)  # the cross product with the axis
    return mixing(luma(image) + angle.cos() * (eye - luma(image)) + angle.sin() * across)


def saturation(image: Tensor) -> Tensor:
    """What differs from the grey of the same luma, times a lognormal with sigma = ln 2."""
    factor = torch.exp2(normal(image))[:, None, None]
    return mixing(luma(image) + factor * (torch.eye(3, device=image.device) - luma(image)))


# In the paper's order. Each member of a policy stands for all of its name.
PLACES: list[tuple[str, Callable[[Tensor], Tensor]]] = [
    ("flip", flip),
    ("turn", turn),
    ("shift", shift),
    ("scale", scale),
    ("rotate", rotate),
    ("stretch", stretch),
    ("rotate", rotate),  # so that the stretch has any direction
    ("slide", slide),
]


COLORS: list[tuple[str, Callable[[Tensor], Tensor]]] = [
    ("brightness", brightness),
    ("contrast", contrast),
    ("luma_flip", luma_flip),
    ("hue", hue),
    ("saturation", saturation),
]


GROUPS = {
    "blit": ("flip", "turn", "shift"),
    "geometry": ("scale", "rotate", "stretch", "slide"),
    "color": ("brightness", "contrast", "luma_flip", "hue", "saturation"),
}


GREY = ("brightness", "contrast")  # what an image of one channel has


def uniform(image: Tensor) -> Tensor:
    """U(0, 1), one an image, (N,), in single precision whatever the image's."""
    return torch.rand(len(image), device=image.device)


def normal(image: Tensor) -> Tensor:
    """N(0, 1), one an image, (N,), in single precision whatever the image's."""
    return torch.randn(len(image), device=image.device)

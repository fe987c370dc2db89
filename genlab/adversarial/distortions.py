"""Distortions of adaptive augmentation, as random matrices. Karras et al. 2020 (arXiv:2006.06676), appendix B.

Geometry: images (N, C, H, W) -> matrices (N, 3, 3) that map positions in the distorted image to the original, the inverse of the paper's
matrices. Colours: images -> matrices (N, 4, 4) that multiply (red, green, blue, 1); luma is the mean of the three channels.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import pad

from genlab.adversarial.affine_maps import luma, mixing, rotation, scaling, translation


def flip(image: Tensor) -> Tensor:
    """Matrices (N, 3, 3) that mirror left to right with probability 1/2."""
    return scaling(1 - 2 * (uniform(image) * 2).floor(), torch.ones(len(image), device=image.device))


def turn(image: Tensor) -> Tensor:
    """Matrices (N, 3, 3) that rotate by 0, 1, 2 or 3 quarter turns."""
    quarters = (uniform(image) * 4).floor()
    # Exact cosines 1, 0, -1, 0 and sines 0, 1, 0, -1; cos(pi / 2) in floating point is not 0.
    return rotation((1 - quarters) * (quarters != 3), (2 - quarters) * (quarters != 0))


def shift(image: Tensor) -> Tensor:
    """Matrices (N, 3, 3) that shift by whole pixels, up to an eighth of each side."""
    x, y = ((side * 0.25 * (uniform(image) - 0.5)).round() for side in (image.shape[3], image.shape[2]))
    return translation(x, y)


def scale(image: Tensor) -> Tensor:
    """Matrices (N, 3, 3) that scale both axes by the same factor, lognormal with sigma = 0.2 ln 2."""
    factor = torch.exp2(-0.2 * normal(image))
    return scaling(factor, factor)


def rotate(image: Tensor) -> Tensor:
    """Matrices (N, 3, 3) that rotate by an angle from U(0, 2 pi)."""
    angle = math.tau * uniform(image)
    return rotation(angle.cos(), angle.sin())


def stretch(image: Tensor) -> Tensor:
    """Matrices (N, 3, 3) that scale one axis by s and the other by 1 / s, s lognormal with sigma = 0.2 ln 2."""
    factor = torch.exp2(-0.2 * normal(image))
    return scaling(factor, 1 / factor)


def slide(image: Tensor) -> Tensor:
    """Matrices (N, 3, 3) that shift by fractions of pixels, N(0, 0.125^2) times each side."""
    x, y = (side * 0.125 * normal(image) for side in (image.shape[3], image.shape[2]))
    return translation(x, y)


def brightness(image: Tensor) -> Tensor:
    """Matrices (N, 4, 4) that add the same offset to all channels, N(0, 0.2^2)."""
    return pad(normal(image)[:, None, None].expand(-1, 3, 1) * 0.2, (3, 0, 0, 1)) + torch.eye(4, device=image.device)


def contrast(image: Tensor) -> Tensor:
    """Matrices (N, 4, 4) that multiply all channels by the same factor, lognormal with sigma = 0.5 ln 2; the value 0 is unchanged."""
    return mixing(torch.exp2(0.5 * normal(image))[:, None, None] * torch.eye(3, device=image.device))


def luma_flip(image: Tensor) -> Tensor:
    """Matrices (N, 4, 4) that invert luma but not hue with probability 1/2, by the paper's Householder reflection."""
    flipped = (uniform(image) * 2).floor()
    return mixing(torch.eye(3, device=image.device) - 2 * flipped[:, None, None] * luma(image))


def hue(image: Tensor) -> Tensor:
    """Matrices (N, 4, 4) that rotate colours about the grey axis by an angle from U(0, 2 pi), with Rodrigues' formula."""
    angle = (math.tau * uniform(image))[:, None, None]
    eye = torch.eye(3, device=image.device)
    across = (eye.roll(1, 0) - eye.roll(-1, 0)) / math.sqrt(3)  # the cross product with the axis
    return mixing(luma(image) + angle.cos() * (eye - luma(image)) + angle.sin() * across)


def saturation(image: Tensor) -> Tensor:
    """Matrices (N, 4, 4) that multiply the difference from the grey of the same luma by a factor, lognormal with sigma = ln 2."""
    factor = torch.exp2(normal(image))[:, None, None]
    return mixing(luma(image) + factor * (torch.eye(3, device=image.device) - luma(image)))


# In the paper's order. A name in a policy selects all entries of that name.
PLACES: list[tuple[str, Callable[[Tensor], Tensor]]] = [
    ("flip", flip),
    ("turn", turn),
    ("shift", shift),
    ("scale", scale),
    ("rotate", rotate),
    ("stretch", stretch),
    ("rotate", rotate),  # so that `stretch` acts along any direction
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


GREY = ("brightness", "contrast")  # colour distortions that apply to images of one channel


def uniform(image: Tensor) -> Tensor:
    """Draw from U(0, 1), one number per image, (N,), in single precision whatever the dtype of the image."""
    return torch.rand(len(image), device=image.device)


def normal(image: Tensor) -> Tensor:
    """Draw from N(0, 1), one number per image, (N,), in single precision whatever the dtype of the image."""
    return torch.randn(len(image), device=image.device)

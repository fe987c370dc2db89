"""Affine maps of pixel positions (N, 3, 3) and of colours (N, 4, 4), and their application to images."""

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample, pad

from genlab.errors import InputError


def differs_from_identity(matrix: Tensor) -> Tensor:
    """Matrices (N, K, K) -> booleans (N, 1, 1, 1), False for matrices that equal the identity."""
    return (matrix != torch.eye(matrix.shape[1], device=matrix.device)).flatten(1).any(1)[:, None, None, None]


def resample(image: Tensor, back: Tensor) -> Tensor:
    """Resample images (N, C, H, W) at the positions that `back` (N, 3, 3) assigns to each output pixel.

    Positions are (x, y, 1) in pixels from the centre of the image, y downwards. Bilinear; images are reflected at their border.
    """
    height, width = image.shape[2:]
    exact = image.to(torch.promote_types(image.dtype, torch.float32))  # a half-precision grid is too coarse, and dtypes must match
    unit = torch.tensor([width / 2, height / 2, 1], device=image.device)  # pixels per unit of affine_grid, which uses [-1, 1]
    places = affine_grid((back * unit / unit[:, None])[:, :2].to(exact.dtype), list(image.shape), align_corners=False)
    return grid_sample(exact, places, "bilinear", "reflection", align_corners=False).to(image.dtype)


def recolor(image: Tensor, color: Tensor) -> Tensor:
    """Multiply each pixel (red, green, blue, 1) of images (N, C, H, W) by the image's matrix (N, 4, 4).

    Grey images (C = 1) use only the scale and the offset of the first channel.

    Raises:
        InputError: the images have neither 1 nor 3 channels.
    """
    channels = image.shape[1]
    if channels not in (1, 3):
        raise InputError(
            f"AdaptiveAugment: got images of {channels} channels, expected 1 (grey) or 3 (RGB) for their colours to be changed. "
            "Leave `color` and its members out of the policy."
        )
    exact = image.to(torch.promote_types(image.dtype, torch.float32))
    color = color.to(exact.dtype)
    mixed = torch.baddbmm(color[:, :channels, 3:], color[:, :channels, :channels], exact.flatten(2))
    recolored: Tensor = mixed.unflatten(2, image.shape[2:]).to(image.dtype)
    return recolored


def scaling(x: Tensor, y: Tensor) -> Tensor:
    """Scaling of x and y: factors (N,), (N,) -> matrices (N, 3, 3)."""
    return torch.diag_embed(torch.stack([x, y, torch.ones_like(x)], 1))


def rotation(cosine: Tensor, sine: Tensor) -> Tensor:
    """Rotation about the centre: cosines (N,), sines (N,) -> matrices (N, 3, 3)."""
    turned = torch.stack([cosine, -sine, sine, cosine], 1).view(-1, 2, 2)
    return pad(turned, (0, 1, 0, 1)) + pad(torch.ones_like(turned[:, :1, :1]), (2, 0, 2, 0))


def translation(x: Tensor, y: Tensor) -> Tensor:
    """Translation: shifts of x (N,) and y (N,) -> matrices (N, 3, 3)."""
    return pad(torch.stack([x, y], 1)[:, :, None], (2, 0, 0, 1)) + torch.eye(3, device=x.device)


def mixing(matrix: Tensor) -> Tensor:
    """Linear map of colours (N, 3, 3) -> affine map (N, 4, 4) without an offset."""
    return pad(matrix, (0, 1, 0, 1)) + pad(torch.ones_like(matrix[:, :1, :1]), (3, 0, 3, 0))


def luma(image: Tensor) -> Tensor:
    """Matrix (3, 3) that maps a colour to the grey of the same luma: v v^T with the paper's axis v = (1, 1, 1) / sqrt 3."""
    return torch.full((3, 3), 1 / 3, device=image.device)

"""What pictures show, as data; genlab.pictures.draw draws it."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import pad


class Sheet(NamedTuple):
    """Rows of images (N, C, H, W) in [-1, 1], each under its name."""

    rows: Mapping[str, Tensor]
    columns: int = 16  # images on a line


class Points(NamedTuple):
    """Points in the plane."""

    places: Tensor  # (N, 2)
    axes: tuple[str, str]  # what the two numbers are
    labels: Tensor | None = None  # (N,), whole numbers: a colour each
    centres: Tensor | None = None  # (K, 2), marked
    names: Sequence[str] = ()  # of the labels; numbers if there are none


class Curve(NamedTuple):
    """Lines over one number."""

    over: tuple[float, ...]
    lines: Mapping[str, tuple[float, ...]]
    axes: tuple[str, str]  # what is below and what is beside it
    chosen: float | None = None  # a place on the axis below, marked
    ticks: tuple[str, ...] = ()  # what the places below are called; their numbers if there are none


class Panels(NamedTuple):
    """Curves side by side, where their units differ."""

    curves: tuple[Curve, ...]


View = Sheet | Points | Curve | Panels


def plane(
    codes: Tensor,  # (N, D)
    labels: Tensor | None,
    centres: Tensor | None,  # (K, D)
    names: Sequence[str] = (),  # of the labels
) -> Points:
    """Points in the plane: as they are if they have two numbers, else their first two principal components."""
    axes = ("z1", "z2")
    places = [codes, centres] if centres is not None else [codes]
    if codes.shape[1] != 2:
        middle = codes.mean(0)
        _, sizes, directions = torch.linalg.svd(codes - middle, full_matrices=False)
        shares = pad(sizes.square() / sizes.square().sum().clamp(min=1e-12), (0, 2))
        places = [pad((each - middle) @ directions[:2].T, (0, 2))[:, :2] for each in places]  # padded: one latent, or one image
        axes = tuple(
            f"{name} principal component, {share:.0%} of the variance"
            for name, share in zip(("first", "second"), shares.tolist(), strict=False)
        )
    places = [each.cpu() for each in places]
    return Points(places[0], axes, None if labels is None else labels.cpu(), places[1] if centres is not None else None, names)

"""Views: the content of pictures as data. `genlab.pictures.draw` draws them."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import pad


class Sheet(NamedTuple):
    """Rows of images (N, C, H, W) in [-1, 1], by name."""

    rows: Mapping[str, Tensor]
    columns: int = 16  # images on a line


class Points(NamedTuple):
    """Points in the plane."""

    places: Tensor  # (N, 2)
    axes: tuple[str, str]  # titles of the horizontal and the vertical axis
    labels: Tensor | None = None  # (N,), integers; one colour per label
    centres: Tensor | None = None  # (K, 2), marked with crosses
    names: Sequence[str] = ()  # of the labels; their numbers if empty


class Curve(NamedTuple):
    """Lines that share a horizontal axis."""

    over: tuple[float, ...]  # horizontal positions of the points
    lines: Mapping[str, tuple[float, ...]]  # name -> vertical positions
    axes: tuple[str, str]  # titles of the horizontal and the vertical axis
    chosen: float | None = None  # horizontal position to mark
    ticks: tuple[str, ...] = ()  # tick labels of the positions in `over`; their numbers if empty


class Panels(NamedTuple):
    """Several curves side by side, for values with different units."""

    curves: tuple[Curve, ...]


View = Sheet | Points | Curve | Panels


def plane(
    codes: Tensor,  # (N, D)
    labels: Tensor | None,
    centres: Tensor | None,  # (K, D)
    names: Sequence[str] = (),  # of the labels
) -> Points:
    """Place codes (N, D) in the plane: unchanged if D = 2, else by their first two principal components."""
    axes = ("z1", "z2")
    places = [codes, centres] if centres is not None else [codes]
    if codes.shape[1] != 2:
        middle = codes.mean(0)
        _, sizes, directions = torch.linalg.svd(codes - middle, full_matrices=False)
        shares = pad(sizes.square() / sizes.square().sum().clamp(min=1e-12), (0, 2))
        places = [pad((each - middle) @ directions[:2].T, (0, 2))[:, :2] for each in places]  # padded to two dimensions for D = 1 or N = 1
        first, second = (
            f"{name} principal component, {share:.0%} of the variance"
            for name, share in zip(("first", "second"), shares.tolist(), strict=False)
        )
        axes = (first, second)
    places = [each.cpu() for each in places]
    return Points(places[0], axes, None if labels is None else labels.cpu(), places[1] if centres is not None else None, names)

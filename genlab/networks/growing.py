"""Networks that grow: their stage, and fading between two levels. Karras et al. 2017 (arXiv:1710.10196), section 2 and figure 2."""

from typing import NamedTuple, Protocol, runtime_checkable

import torch
from torch import Tensor
from torch.nn.functional import interpolate


class Stage(NamedTuple):
    """What both players are at."""

    side: int  # of the images, pixels
    alpha: float = 1.0  # share of this side's layers in them; the rest is that of half the side, enlarged


@runtime_checkable
class Growing(Protocol):
    """A network that can be at any of its levels."""

    size: int  # of the images at the last one, pixels

    def grow(self, stage: Stage) -> None:
        """Be at this stage from now on."""


def fade(
    coarse: Tensor,  # (N, C, H / 2, W / 2)
    fine: Tensor,  # (N, C, H, W)
    alpha: float,
) -> Tensor:
    """From the coarse image, enlarged, to the fine one. Karras et al. 2017, figure 2."""
    return torch.lerp(interpolate(coarse, scale_factor=2, mode="nearest"), fine, alpha)

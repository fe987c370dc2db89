"""Progressive growing: stages, and fading between two levels. Karras et al. 2017 (arXiv:1710.10196), section 2 and figure 2."""

from typing import NamedTuple, Protocol, runtime_checkable

import torch
from torch import Tensor
from torch.nn.functional import interpolate


class Stage(NamedTuple):
    """Current image side of growing networks, and the weight of the newest layers."""

    side: int  # of the images, pixels
    alpha: float = 1.0  # weight of this side's layers in the images; enlarged images of half the side have weight 1 - alpha


@runtime_checkable
class Growing(Protocol):
    """A network that can operate at any of its levels of resolution."""

    size: int  # of the images at the last level, pixels

    def grow(self, stage: Stage) -> None:
        """Switch to this stage of growth."""


def fade(
    coarse: Tensor,  # (N, C, H / 2, W / 2)
    fine: Tensor,  # (N, C, H, W)
    alpha: float,
) -> Tensor:
    """Blend the enlarged coarse image (alpha 0) into the fine image (alpha 1), (N, C, H, W). Karras et al. 2017, figure 2."""
    return torch.lerp(interpolate(coarse, scale_factor=2, mode="nearest"), fine, alpha)

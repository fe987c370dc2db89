"""Weight clipping of the critic, which keeps a Wasserstein critic Lipschitz continuous."""

from collections.abc import Sequence

import torch
from torch import Tensor


@torch.no_grad()
def clamp(weights: Sequence[Tensor], bound: float) -> None:
    """Clip each weight to [-bound, bound], in place. Arjovsky et al. 2017 (arXiv:1701.07875), algorithm 1, line 7."""
    clipped = list(weights)
    torch._foreach_clamp_min_(clipped, -bound)
    torch._foreach_clamp_max_(clipped, bound)

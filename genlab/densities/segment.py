"""Distributions on a line in the plane, which have no density."""

import torch
from torch import Tensor


class Segment:
    """Uniform distribution on the vertical segment {offset} x [0, 1] of the plane.

    Two segments at offsets 0 and theta have disjoint supports for every theta other than 0: the example of Arjovsky et al. 2017
    (arXiv:1701.07875), example 1. A segment has no area, hence no density and no `log_prob`.
    """

    dimensions = 2

    def __init__(self, offset: float = 0.0):
        self.offset = offset
        self.extent = max(1.0, abs(offset))

    def sample(self, count: int, generator: torch.Generator) -> Tensor:
        """Draw samples, (count, 2), float64."""
        heights = torch.rand(count, generator=generator, dtype=torch.float64)
        return torch.stack([torch.full_like(heights, self.offset), heights], 1)

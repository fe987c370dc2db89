"""Path length regularisation: steps of one size in w change the image by as much, whichever way they go.

Karras et al. 2019 (arXiv:1912.04958), section 3.2 and appendix B.
"""

import math

import torch
from torch import Tensor, nn

from genlab.errors import InputError


def path_lengths(
    images: Tensor,  # (N, C, H, W), made of the styles
    styles: Tensor,  # w (N, style_size), requires a gradient
) -> Tensor:
    """|J_w^T y|, y ~ N(0, I) an image, (N,): how much a step in w changes the image, in a random direction. Equation 4."""
    (gradient,) = torch.autograd.grad((images * torch.randn_like(images)).sum(), styles, create_graph=True)
    return gradient.flatten(1).norm(dim=1)


class PathLength(nn.Module):
    """Penalises how far the lengths are from their running mean, a: weight (|J_w^T y| - a)^2, equation 4."""

    def __init__(
        self,
        weight: float | None = None,  # gamma_pl; None: ln 2 / (r^2 (ln r - ln 2)) for images of r pixels, appendix B
        decay: float = 0.99,  # beta_pl, of the running mean
        share: float = 0.5,  # of a batch, that is looked at
    ):
        super().__init__()
        if not 0 < share <= 1:
            raise InputError(f"path_length.share: got {share}, expected a share of the batch, above 0 and at most 1.")
        self.weight, self.decay, self.share = weight, decay, share
        self.register_buffer("mean", torch.zeros(()))
        self.register_buffer("steps", torch.zeros(()))

    def forward(self, images: Tensor, styles: Tensor) -> Tensor:
        """Images (N, C, r, r) made of styles w (N, style_size) -> the penalty, (N,). The running mean sees the lengths first."""
        lengths = path_lengths(images, styles)
        with torch.no_grad():
            self.steps += 1
            self.mean.lerp_(lengths.float().mean(), (1 - self.decay) / (1 - self.decay**self.steps))  # the first it starts from
        return self.weight_at(images.shape[-1]) * (lengths - self.mean).square()

    def weight_at(self, side: int) -> float:
        """gamma_pl for images of this side, pixels."""
        if self.weight is not None:
            return self.weight
        return math.log(2) / (side**2 * (math.log(side) - math.log(2)))

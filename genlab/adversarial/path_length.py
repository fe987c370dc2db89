"""Path length regularisation: a step of fixed size in w should change the image by a fixed amount, in every direction.

Karras et al. 2019 (arXiv:1912.04958), section 3.2 and appendix B.
"""

import math

import torch
from torch import Tensor, nn

from genlab.engine import parts
from genlab.errors import InputError


def path_lengths(
    images: Tensor,  # (N, C, H, W), computed from the styles
    styles: Tensor,  # w (N, style_size), requires a gradient
) -> Tensor:
    """|J_w^T y| for a random image y ~ N(0, I), (N,), with J_w the Jacobian of the image with respect to w. Equation 4.

    The derivative is with respect to the one w that all layers share: the sum over L layers of the derivatives g with respect to their
    styles. The public code takes sqrt(mean |g|^2) over the layers instead, and y / r for images of r pixels. If the g of the layers are
    uncorrelated, a length here is r sqrt(L) times as large, L = 2 log2(r) - 2; if they are equal, r L times.
    """
    (gradient,) = torch.autograd.grad((images * torch.randn_like(images)).sum(), styles, create_graph=True)
    lengths: Tensor = gradient.flatten(1).norm(dim=1)
    return lengths


class PathLength(nn.Module):
    """Penalty weight (|J_w^T y| - a)^2, with a the running mean of the path lengths |J_w^T y|. Equation 4.

    Raises:
        InputError: `share` out of range.
    """

    mean: Tensor
    steps: Tensor

    def __init__(
        self,
        weight: float | None = None,  # gamma_pl; None: ln 2 / (r^2 (ln r - ln 2)) for r pixels, appendix B, the public code's weight of 2
        decay: float = 0.99,  # beta_pl, of the running mean
        share: float = 0.5,  # of a batch, that the recipe computes the penalty on
    ):
        super().__init__()
        if not 0 < share <= 1:
            raise InputError(f"path_length.share: got {share}, expected a share of the batch, above 0 and at most 1.")
        self.weight, self.decay, self.share = weight, decay, share
        self.register_buffer("mean", torch.zeros(()))
        self.register_buffer("steps", torch.zeros(()))

    def forward(self, images: Tensor, styles: Tensor) -> Tensor:
        """Images (N, C, r, r) computed from styles w (N, style_size) -> penalty (N,). Updates the running mean first."""
        lengths = path_lengths(images, styles)
        with torch.no_grad():
            self.steps += 1
            mean = parts.mean(lengths.float().mean())
            self.mean.lerp_(mean, (1 - self.decay) / (1 - self.decay**self.steps))  # first step: the mean of the batch
        return self.weight_at(images.shape[-1]) * (lengths - self.mean).square()

    def weight_at(self, side: int) -> float:
        """Return gamma_pl for images of this side, in pixels."""
        if self.weight is not None:
            return self.weight
        return math.log(2) / (side**2 * (math.log(side) - math.log(2)))

"""Squared Mahalanobis distances of images from the means of all components, as matrix products."""

import math
from collections.abc import Iterator

import torch
from torch import Tensor

BLOCK = 128  # columns of a triangular factor that are multiplied at once: the zeros of the blocks above them are not


EXPANDED = 1.0e4  # squared distance in deviations up to which ||x - m||^2 may be multiplied out in float32: an error of some 1e-3


class Triangular:
    """Matrices S_k = L_k L_k^T, as what E steps multiply with: L_k^-1 (x - m_k), whose squared length is the Mahalanobis distance.

    The columns of all components' factors lie side by side: one matrix product, whatever K is.
    """

    def __init__(self, matrices: Tensor, means: Tensor, dtype: torch.dtype):  # (K, D, D) and (K, D), float64
        count, size, _ = matrices.shape
        lower = torch.linalg.cholesky(matrices)
        unit = torch.eye(size, dtype=torch.float64, device=matrices.device)
        inverse = torch.linalg.solve_triangular(lower, unit.expand_as(lower), upper=False)  # L^-1, lower triangular
        offset = (inverse @ means[:, :, None])[:, :, 0]
        self.means = means.to(dtype)
        self.blocks = []
        for start in range(0, size, BLOCK):
            stop = min(start + BLOCK, size)
            columns = inverse[:, start:stop, :stop].permute(2, 0, 1).reshape(stop, -1)  # (stop, K x block)
            affine = torch.cat([-offset[:, start:stop].reshape(1, -1), columns])
            self.blocks.append((1 + stop, affine.to(dtype).contiguous()))
        log_determinants = 2 * lower.diagonal(dim1=1, dim2=2).log().sum(1)
        self.count = count
        self.constants = (-(log_determinants + size * math.log(2 * math.pi)) / 2).to(dtype)

    def log_density(self, x: Tensor) -> Tensor:
        total = x.new_zeros(len(x), self.count)
        for product in self.products(x):
            total += product.square_().view(len(x), self.count, -1).sum(2)
        return self.constants - total / 2

    def whiten(self, x: Tensor) -> Tensor:
        """x (N, D) -> L^-1 (x - m) of the only component, (N, D)."""
        return torch.cat(list(self.products(x)), 1)

    def products(self, x: Tensor) -> Iterator[Tensor]:
        """A block's columns of L_k^-1 (x - m_k) at a time, (N, K x block)."""
        homogeneous = torch.cat([x.new_ones(len(x), 1), x], 1)  # the offset is a row of the product: adding it would cost a pass
        for stop, columns in self.blocks:
            yield homogeneous[:, :stop] @ columns


class DiagonalQuadratic:
    """sum_d (x_d - m_kd)^2 p_kd for all k, (N, K): multiplied out, unless so far from the centre that float32 would be too coarse."""

    def __init__(self, means: Tensor, precisions: Tensor, dtype: torch.dtype):  # (K, D), float64
        centre = means.mean(0)
        away = means - centre
        self.centre, self.away, self.precisions = (each.to(dtype) for each in (centre, away, precisions))
        constants = (away.square() * precisions).sum(1)
        self.constants = constants.to(dtype)
        self.multiplied_out = dtype == torch.float64 or float(constants.max()) <= EXPANDED
        self.columns = torch.cat([precisions, -2 * away * precisions], 1).T.to(dtype).contiguous()  # (2 D, K)

    def features(self, x: Tensor) -> Tensor:
        """The deviations from the centre, squared and as they are, (N, 2 D)."""
        deviation = x - self.centre
        return torch.cat([deviation.square(), deviation], 1)

    def of(self, features: Tensor) -> Tensor:
        if self.multiplied_out:
            return torch.addmm(self.constants, features, self.columns).clamp_(min=0)
        deviation = features.chunk(2, 1)[1]
        pairs = zip(self.away, self.precisions, strict=True)
        return torch.stack([(deviation - away).square_() @ precision for away, precision in pairs], 1)

    def __call__(self, x: Tensor) -> Tensor:
        return self.of(self.features(x))

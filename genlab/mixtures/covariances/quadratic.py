"""Squared Mahalanobis distances between images and the means of all components, as matrix products."""

import math
from collections.abc import Iterator

import torch
from torch import Tensor

BLOCK = 128  # columns of a triangular factor that are multiplied at once; the zero blocks beyond them are skipped


EXPANDED = 1.0e4  # maximum squared distance, in deviations, for expanding ||x - m||^2 in float32: an error of about 1e-3


class Triangular:
    """Factors of covariances S_k = L_k L_k^T for E steps: L_k^-1 (x - m_k) has the Mahalanobis distance as its length.

    The columns of the factors of all components are concatenated, so that each block needs one matrix product for any K.
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
        self.constants: Tensor = (-(log_determinants + size * math.log(2 * math.pi)) / 2).to(dtype)

    def log_density(self, x: Tensor) -> Tensor:
        """Images (N, D) -> log N(x; m_k, S_k), (N, K)."""
        total = x.new_zeros(len(x), self.count)
        for product in self.products(x):
            total += product.square_().view(len(x), self.count, -1).sum(2)
        return self.constants - total / 2

    def likely(self, x: Tensor, log_weights: Tensor, negligible: float) -> Tensor:
        """Images (N, D) -> log p(z = k) + log N(x; m_k, S_k), (N, K), or -inf where the responsibility is below `negligible`.

        The first block of a squared distance bounds it from below, so a component's log joint density from above. A component whose
        bound is below `negligible` times the exact value of the most promising one is left out: an image's responsibilities and
        likelihood lose at most a share of (K - 1) x negligible. The other values are exact.
        """
        homogeneous = torch.cat([x.new_ones(len(x), 1), x], 1)
        stop, columns = self.blocks[0]
        first = (homogeneous[:, :stop] @ columns).square_().view(len(x), self.count, -1).sum(2)
        bound = self.constants + log_weights - first / 2
        best = bound.argmax(1, keepdim=True)
        found = torch.full_like(bound, -math.inf)
        self.complete(found, bound, homogeneous, torch.zeros_like(bound, dtype=torch.bool).scatter_(1, best, True))
        self.complete(found, bound, homogeneous, (bound >= found.gather(1, best) + math.log(negligible)).scatter_(1, best, False))
        return found

    def complete(self, found: Tensor, bound: Tensor, homogeneous: Tensor, which: Tensor) -> None:
        """Set the entries `which` of found (N, K) to the bound minus the halves of the blocks after the first."""
        for k, rows in enumerate(each.nonzero()[:, 0] for each in which.T):
            if len(rows):
                some, rest = homogeneous[rows], bound[rows, k]
                for stop, columns in self.blocks[1:]:
                    width = columns.shape[1] // self.count
                    rest = rest - (some[:, :stop] @ columns[:, k * width : (k + 1) * width]).square_().sum(1) / 2
                found[rows, k] = rest

    def whiten(self, x: Tensor) -> Tensor:
        """Images (N, D) -> L^-1 (x - m), (N, D), for a single component."""
        return torch.cat(list(self.products(x)), 1)

    def products(self, x: Tensor) -> Iterator[Tensor]:
        """Yield L_k^-1 (x - m_k) block by block, (N, K x block)."""
        homogeneous = torch.cat([x.new_ones(len(x), 1), x], 1)  # the product includes the offset: adding it would cost a pass
        for stop, columns in self.blocks:
            yield homogeneous[:, :stop] @ columns


class DiagonalQuadratic:
    """Images (N, D) -> sum_d (x_d - m_kd)^2 p_kd for all k, (N, K).

    The square is expanded, unless means are so far from their centre that float32 would be too imprecise.
    """

    def __init__(self, means: Tensor, precisions: Tensor, dtype: torch.dtype):  # (K, D), float64
        centre = means.mean(0)
        away = means - centre
        self.centre, self.away, self.precisions = (each.to(dtype) for each in (centre, away, precisions))
        constants = (away.square() * precisions).sum(1)
        self.constants = constants.to(dtype)
        self.multiplied_out = dtype == torch.float64 or float(constants.max()) <= EXPANDED
        self.columns = torch.cat([precisions, -2 * away * precisions], 1).T.to(dtype).contiguous()  # (2 D, K)

    def features(self, x: Tensor) -> Tensor:
        """Images (N, D) -> squared and plain deviations from the centre of the means, (N, 2 D)."""
        deviation = x - self.centre
        return torch.cat([deviation.square(), deviation], 1)

    def of(self, features: Tensor) -> Tensor:
        """Features (N, 2 D) -> the sums, (N, K)."""
        if self.multiplied_out:
            return torch.addmm(self.constants, features, self.columns).clamp_(min=0)
        deviation = features.chunk(2, 1)[1]
        pairs = zip(self.away, self.precisions, strict=True)
        return torch.stack([(deviation - away).square_() @ precision for away, precision in pairs], 1)

    def __call__(self, x: Tensor) -> Tensor:
        return self.of(self.features(x))

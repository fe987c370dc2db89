"""Networks that compute the log-densities of components for a release. Their factors are derived in float64 when they are made.

Each maps vectors x (N, D) to log N(x; m_k, S_k), (N, K), and its `explained` gives the part of a vector's deviation from the mean of its
component that the component's latents explain, (N, D).
"""

import math

import torch
from torch import Tensor, nn


class MatrixDensity(nn.Module):
    """Components with covariance matrices. Nothing is explained: they have no latents."""

    inverse: Tensor
    offset: Tensor
    constants: Tensor

    def __init__(self, matrices: Tensor, means: Tensor):  # (K, D, D) and (K, D), float64
        super().__init__()
        lower = torch.linalg.cholesky(matrices)
        unit = torch.eye(matrices.shape[1], dtype=lower.dtype, device=lower.device)
        inverse = torch.linalg.solve_triangular(lower, unit.expand_as(lower), upper=False)
        log_determinants = 2 * lower.diagonal(dim1=1, dim2=2).log().sum(1)
        self.register_buffer("inverse", inverse.float())
        self.register_buffer("offset", (inverse @ means[:, :, None])[:, :, 0].float())
        self.register_buffer("constants", (-(log_determinants + matrices.shape[1] * math.log(2 * math.pi)) / 2).float())

    def forward(self, x: Tensor) -> Tensor:
        whitened = torch.einsum("kij,nj->nki", self.inverse, x) - self.offset
        density: Tensor = self.constants - whitened.square().sum(2) / 2
        return density

    def explained(self, x: Tensor, component: Tensor) -> Tensor:
        """Vectors (N, D), component (N,) -> 0, (N, D)."""
        return torch.zeros_like(x)


class VarianceDensity(nn.Module):
    """Components with one variance per value. Nothing is explained: they have no latents."""

    means: Tensor
    precisions: Tensor
    constants: Tensor

    def __init__(self, variances: Tensor, means: Tensor):  # (K, D) each, float64
        super().__init__()
        self.register_buffer("means", means.float())
        self.register_buffer("precisions", (1 / variances).float())
        self.register_buffer("constants", (-(variances.log().sum(1) + variances.shape[1] * math.log(2 * math.pi)) / 2).float())

    def forward(self, x: Tensor) -> Tensor:
        density: Tensor = self.constants - ((x[:, None] - self.means).square() * self.precisions).sum(2) / 2
        return density

    def explained(self, x: Tensor, component: Tensor) -> Tensor:
        """Vectors (N, D), component (N,) -> 0, (N, D)."""
        return torch.zeros_like(x)


class LowRankDensity(nn.Module):
    """Factor analysers: covariance A A^T + diag(variances). Richardson and Weiss 2018 (arXiv:1805.12462), section 2.

    With M = I + A^T diag(variances)^-1 A = L L^T and y = L^-1 A^T diag(variances)^-1 (x - m), the squared Mahalanobis distance is that of
    the variances minus |y|^2, and the posterior mean of the latents is L^-T y.
    """

    means: Tensor
    precisions: Tensor
    constants: Tensor
    projection: Tensor
    back: Tensor

    def __init__(self, loadings: Tensor, variances: Tensor, means: Tensor):  # (K, D, Q), (K, D), (K, D), float64
        super().__init__()
        weighted = loadings / variances[:, :, None]
        unit = torch.eye(loadings.shape[2], dtype=loadings.dtype, device=loadings.device)
        lower = torch.linalg.cholesky(unit + loadings.mT @ weighted)
        log_determinants = variances.log().sum(1) + 2 * lower.diagonal(dim1=1, dim2=2).log().sum(1)
        self.register_buffer("means", means.float())
        self.register_buffer("precisions", (1 / variances).float())
        self.register_buffer("constants", (-(log_determinants + means.shape[1] * math.log(2 * math.pi)) / 2).float())
        self.register_buffer("projection", torch.linalg.solve_triangular(lower, weighted.mT, upper=False).float())  # (K, Q, D)
        self.register_buffer("back", torch.linalg.solve_triangular(lower, loadings.mT, upper=False).mT.float())  # A L^-T, (K, D, Q)

    def forward(self, x: Tensor) -> Tensor:
        deviation = x[:, None] - self.means
        explained = torch.einsum("kqd,nkd->nkq", self.projection, deviation).square().sum(2)
        density: Tensor = self.constants - ((deviation.square() * self.precisions).sum(2) - explained) / 2
        return density

    def explained(self, x: Tensor, component: Tensor) -> Tensor:
        """Vectors (N, D), component (N,) -> A E[z | x, component], (N, D)."""
        deviation = x - self.means[component]
        y = (self.projection[component] @ deviation[:, :, None]).float()
        found: Tensor = (self.back[component] @ y)[:, :, 0]
        return found

"""Mixtures of factor analysers: covariances of low rank plus a diagonal, affordable for images of any size.

Ghahramani and Hinton 1996 (CRG-TR-96-1, "The EM algorithm for mixtures of factor analyzers"); for whole images, Richardson and Weiss 2018
(arXiv:1805.12462). One component is factor analysis; with an isotropic diagonal, probabilistic PCA (Tipping and Bishop 1999).
"""

import math

import torch
from torch import Tensor, nn

from genlab.engine.square_root import square_root
from genlab.errors import InputError
from genlab.mixtures.covariances.base import EMPTY, Covariance
from genlab.mixtures.covariances.densities import LowRankDensity
from genlab.mixtures.covariances.quadratic import DiagonalQuadratic
from genlab.mixtures.covariances.sums import clamp_positive, images_by_component


class LowRank(Covariance):
    """S_k = A_k A_k^T + diag(d_k): x = m_k + A_k z + noise, with z (rank,) from N(0, 1), A_k (D, rank), d_k (D,).

    Exact EM with two latents, the component and z. The matrix inversion lemma avoids all D x D matrices: with B = d^-1/2 A and
    I + B^T B = L L^T, the squared Mahalanobis distance is |d^-1/2 (x - m)|^2 - |y|^2, y = L^-1 B^T d^-1/2 (x - m), and the posterior of z
    has mean L^-T y and covariance (L L^T)^-1.
    """

    fewest = EMPTY  # variances have a lower limit, `least`
    loadings: Tensor
    value: Tensor
    sum_first: Tensor
    sum_squares: Tensor
    sum_y: Tensor
    sum_xy: Tensor
    sum_yy: Tensor

    def __init__(
        self,
        rank: int,
        least: float = 1.0e-4,  # minimum variance on the diagonal d
        isotropic: bool = False,  # one d for all values of a component
        noise: bool = False,  # whether samples include the noise of the diagonal, visible as grain
    ):
        super().__init__(regularisation=0.0)
        if rank < 1 or least <= 0:
            raise InputError(f"LowRank: got rank {rank} and least {least}; expected a rank of at least 1 and a positive variance.")
        self.rank, self.least, self.isotropic, self.noise = rank, least, isotropic, noise

    def allocate(self, components: int, size: int) -> None:
        if self.rank >= size:
            raise InputError(f"LowRank: rank: got {self.rank}, expected less than the {size} values of an image. Or take Full.")
        zeros = {"first": (size,), "squares": (size,), "y": (self.rank,), "xy": (size, self.rank), "yy": (self.rank, self.rank)}
        self.register_buffer("loadings", torch.zeros(components, size, self.rank, dtype=torch.float64))
        self.register_buffer("value", torch.ones(components, size, dtype=torch.float64))
        for name, shape in zeros.items():
            self.register_buffer(f"sum_{name}", torch.zeros(components, *shape, dtype=torch.float64))

    def prepare(self, means: Tensor, dtype: torch.dtype) -> None:
        scaled = self.loadings / square_root(self.value)[:, :, None]  # B
        inner = torch.eye(self.rank, dtype=torch.float64, device=means.device) + scaled.mT @ scaled
        self.lower: Tensor = torch.linalg.cholesky(inner)
        # x -> y, for all components at once.
        projection = torch.linalg.solve_triangular(self.lower, (scaled / square_root(self.value)[:, :, None]).mT, upper=False)
        self.columns = projection.permute(2, 0, 1).reshape(means.shape[1], -1).to(dtype).contiguous()
        self.offset = (projection @ means[:, :, None]).reshape(-1).to(dtype)
        self.means = means.to(dtype)
        self.quadratic = DiagonalQuadratic(means, 1 / self.value, dtype)
        log_determinants = self.value.log().sum(1) + 2 * self.lower.diagonal(dim1=1, dim2=2).log().sum(1)
        self.constants: Tensor = (-(log_determinants + means.shape[1] * math.log(2 * math.pi)) / 2).to(dtype)

    def factors(self, x: Tensor) -> Tensor:
        """Images (N, D) -> y for each component, (N, K, rank)."""
        return torch.addmm(self.offset, x, self.columns, beta=-1).view(len(x), -1, self.rank)

    def log_density(self, x: Tensor) -> Tensor:
        return self.constants - (self.quadratic(x) - self.factors(x).square().sum(2)) / 2

    def posterior_means(self, x: Tensor) -> Tensor:
        """Images (N, D) -> E[z | x, k], (N, K, rank)."""
        y = self.factors(x).double()
        z: Tensor = torch.linalg.solve_triangular(self.lower.mT, y.permute(1, 2, 0), upper=True)
        return z.permute(2, 0, 1)

    def explained(self, x: Tensor, component: Tensor) -> Tensor:
        z = self.posterior_means(x)[torch.arange(len(x), device=x.device), component]
        return (self.loadings[component] @ z[:, :, None])[:, :, 0].to(x.dtype)

    def add(self, x: Tensor, weights: Tensor, negligible: float) -> None:
        for k, some, share in images_by_component(x, weights, negligible):
            width = slice(k * self.rank, (k + 1) * self.rank)
            y = torch.addmm(self.offset[width], some, self.columns[:, width], beta=-1)
            deviation = some - self.means[k]
            weighted = y * share[:, None]
            self.sum_first[k] += share @ deviation
            self.sum_y[k] += weighted.sum(0)
            self.sum_xy[k] += deviation.T @ weighted
            self.sum_yy[k] += y.T @ weighted
            self.sum_squares[k] += share @ deviation.square_()

    def maximise(self, counts: Tensor, means: Tensor) -> Tensor:
        """Regress x on (z, 1) for loadings and means; the residuals give the diagonal. Ghahramani and Hinton 1996, section 4."""
        n = clamp_positive(counts)[:, None, None]
        inverse = torch.linalg.inv(self.lower)  # z = L^-T y
        xz, z = self.sum_xy / n @ inverse, (self.sum_y[:, None] / n @ inverse).mT
        zz = inverse.mT @ (self.sum_yy / n + torch.eye(self.rank, dtype=torch.float64, device=means.device)) @ inverse
        first = self.sum_first[:, :, None] / n
        ones = torch.ones_like(z[:, :1])
        design = torch.cat([torch.cat([zz, z], 2), torch.cat([z.mT, ones], 2)], 1)
        target = torch.cat([xz, first], 2)
        solution = torch.linalg.solve(design, target.mT).mT
        loadings, shift = solution[:, :, :-1], solution[:, :, -1]
        variances = self.pooled(self.sum_squares / n[:, :, 0] - (solution * target).sum(2)).clamp(min=self.least)
        alive = counts > 0
        self.loadings = torch.where(alive[:, None, None], loadings, self.loadings)
        self.value = torch.where(alive[:, None], variances, self.value)
        self.clear()
        return torch.where(alive[:, None], self.means.double() + shift, means)

    def initialise(self, x: Tensor, component: Tensor, means: Tensor) -> Tensor:
        """Use the principal components of each cluster and the remaining variance: the optimum of probabilistic PCA if d is isotropic."""
        for k in range(len(means)):
            away = x[component == k].double() - means[k]
            variances = away.square().sum(0) / max(len(away), 1)
            _, values, vectors = torch.linalg.svd(away, full_matrices=False)
            values, vectors = values[: self.rank].square() / max(len(away), 1), vectors[: self.rank]
            rest = ((variances.sum() - values.sum()) / (x.shape[1] - self.rank)).clamp(min=self.least)
            self.loadings[k] = 0.0
            self.loadings[k, :, : len(values)] = vectors.T * square_root((values - rest).clamp(min=0))
            left = (variances - self.loadings[k].square().sum(1)).clamp(min=self.least)
            self.value[k] = rest if self.isotropic else left
        return means

    def pooled(self, variances: Tensor) -> Tensor:
        """Variances (K, D) -> their mean for each component if `isotropic`, else unchanged."""
        return variances.mean(1, keepdim=True).expand_as(variances) if self.isotropic else variances

    def set_to_average(self, healthy: Tensor, counts: Tensor, lost: int) -> None:
        """Average the variances, and divide them equally between diagonal and loadings.

        The directions of the loadings are random for EM to rotate, since loadings of different components have no average.
        """
        share = counts * healthy / (counts * healthy).sum()
        variances = (share[:, None] * (self.value + self.loadings.square().sum(2))).nan_to_num().sum(0)
        self.value[lost] = self.pooled(variances[None] / 2)[0].clamp(min=self.least)
        directions = torch.nn.functional.normalize(torch.randn(self.loadings.shape[1:], dtype=torch.float64), dim=1).to(variances.device)
        self.loadings[lost] = directions * square_root((variances - self.value[lost]).clamp(min=0))[:, None]

    def valid(self) -> Tensor:
        return self.value.isfinite().all(1) & self.loadings.isfinite().all(2).all(1)

    def matrices(self) -> Tensor:
        return self.loadings @ self.loadings.mT + torch.diag_embed(self.value)

    def assign(self, matrices: Tensor) -> None:
        """Use the leading eigenvectors and a diagonal that keeps each variance; with `isotropic`, the optimum of probabilistic PCA."""
        for k, matrix in enumerate(matrices.to(self.value)):
            values, vectors = torch.linalg.eigh(matrix)
            rest = values[: -self.rank].mean().clamp(min=self.least)
            self.loadings[k] = vectors[:, -self.rank :] * square_root((values[-self.rank :] - rest).clamp(min=0))
            left = matrix.diagonal() - self.loadings[k].square().sum(1)
            self.value[k] = rest if self.isotropic else left.clamp(min=self.least)

    def free_parameters(self, components: int, size: int) -> int:
        """Number of fitted parameters, without rotations of z, which do not change the covariance."""
        diagonal = 1 if self.isotropic else size
        return components * (size * self.rank - self.rank * (self.rank - 1) // 2 + diagonal)

    def noise_size(self, size: int) -> int:
        return self.rank + (size if self.noise else 0)

    def deviations(self) -> nn.Module:
        return Factors(self.loadings, square_root(self.value) if self.noise else None)

    def density(self, means: Tensor) -> nn.Module:
        return LowRankDensity(self.loadings, self.value, means)


class Factors(nn.Module):
    """Noise (N, rank [+ D]), component (N,) -> deviation A_k z (N, D), plus the noise of the diagonal if `scales` are given."""

    loadings: Tensor
    scales: Tensor | None

    def __init__(self, loadings: Tensor, scales: Tensor | None):  # (K, D, rank), (K, D)
        super().__init__()
        self.register_buffer("loadings", loadings.float())
        self.register_buffer("scales", None if scales is None else scales.float())

    def forward(self, noise: Tensor, component: Tensor) -> Tensor:
        rank = self.loadings.shape[2]
        deviation = (self.loadings[component] @ noise[:, :rank, None])[:, :, 0]
        return deviation if self.scales is None else deviation + self.scales[component] * noise[:, rank:]

"""Diagonal covariances: one variance per component and value, or one per component."""

import math

import torch
from torch import Tensor, nn

from genlab.mixtures.covariances.base import Covariance
from genlab.mixtures.covariances.densities import VarianceDensity
from genlab.mixtures.covariances.deviations import Scaling
from genlab.mixtures.covariances.quadratic import DiagonalQuadratic
from genlab.mixtures.covariances.sums import clamp_positive


class Diagonal(Covariance):
    """One variance per component and value, (K, D)."""

    value: Tensor
    sum_first: Tensor
    sum_second: Tensor

    def allocate(self, components: int, size: int) -> None:
        self.register_buffer("value", torch.ones(components, size, dtype=torch.float64))
        self.register_buffer("sum_first", torch.zeros(components, size, dtype=torch.float64))
        self.register_buffer("sum_second", torch.zeros(components, size, dtype=torch.float64))

    def prepare(self, means: Tensor, dtype: torch.dtype) -> None:
        self.quadratic = DiagonalQuadratic(means, 1 / self.value, dtype)
        self.constants: Tensor = (-(self.value.log().sum(1) + self.value.shape[1] * math.log(2 * math.pi)) / 2).to(dtype)
        self.expanded: tuple[Tensor, Tensor] | None = None

    def log_density(self, x: Tensor) -> Tensor:
        features = self.quadratic.features(x)
        self.expanded = (x, features)  # `add` uses them again for the same images
        return self.constants - self.quadratic.of(features) / 2

    def add(self, x: Tensor, weights: Tensor, negligible: float) -> None:
        expanded = self.expanded
        sums = weights.T @ (expanded[1] if expanded is not None and expanded[0] is x else self.quadratic.features(x))
        second, first = sums.chunk(2, 1)
        self.sum_first += first
        self.sum_second += second

    def maximise(self, counts: Tensor, means: Tensor) -> Tensor:
        shift = self.sum_first / clamp_positive(counts)[:, None]
        variances = (self.sum_second / clamp_positive(counts)[:, None] - shift.square()).clamp(min=0)
        self.value = torch.where((counts > 0)[:, None], self.pooled(variances) + self.regularisation, self.value)
        centre, self.expanded = self.quadratic.centre.double(), None
        self.clear()
        return torch.where((counts > 0)[:, None], centre + shift, means)

    def pooled(self, variances: Tensor) -> Tensor:
        """Variances (K, D) -> the variances that this kind can represent, (K, D)."""
        return variances

    def set_to_average(self, healthy: Tensor, counts: Tensor, lost: int) -> None:
        share = counts * healthy / (counts * healthy).sum()
        self.value[lost] = (share[:, None] * self.value).nan_to_num().sum(0)

    def valid(self) -> Tensor:
        return (self.value > 0).all(1) & self.value.isfinite().all(1)

    def matrices(self) -> Tensor:
        return torch.diag_embed(self.value)

    def assign(self, matrices: Tensor) -> None:
        self.value = self.pooled(matrices.diagonal(dim1=1, dim2=2).to(self.value).clone())

    def free_parameters(self, components: int, size: int) -> int:
        return components * size

    def deviations(self) -> nn.Module:
        return Scaling(self.value.sqrt())

    def density(self, means: Tensor) -> nn.Module:
        return VarianceDensity(self.value, means)


class Spherical(Diagonal):
    """One variance per component, the same for all values, stored as (K, D)."""

    def pooled(self, variances: Tensor) -> Tensor:
        return variances.mean(1, keepdim=True).expand_as(variances).clone()

    def free_parameters(self, components: int, size: int) -> int:
        return components

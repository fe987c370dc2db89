"""Covariances as symmetric matrices: one per component, or one for all."""

import torch
from torch import Tensor, nn

from genlab.mixtures.covariances.base import EMPTY, Covariance
from genlab.mixtures.covariances.densities import MatrixDensity
from genlab.mixtures.covariances.deviations import Product
from genlab.mixtures.covariances.quadratic import Triangular
from genlab.mixtures.covariances.sums import clamp_positive, images_by_component, squared_distances, with_least_eigenvalue


class Full(Covariance):
    """One symmetric covariance matrix per component, (K, D, D)."""

    value: Tensor
    sum_first: Tensor
    sum_second: Tensor

    def allocate(self, components: int, size: int) -> None:
        self.register_buffer("value", torch.eye(size, dtype=torch.float64).repeat(components, 1, 1))
        self.register_buffer("sum_first", torch.zeros(components, size, dtype=torch.float64))
        self.register_buffer("sum_second", torch.zeros(components, size, size, dtype=torch.float64))

    def prepare(self, means: Tensor, dtype: torch.dtype) -> None:
        self.factor = Triangular(self.value, means, dtype)

    def log_density(self, x: Tensor) -> Tensor:
        return self.factor.log_density(x)

    def likely(self, x: Tensor, log_weights: Tensor, negligible: float) -> Tensor:
        if negligible == 0 or len(self.factor.blocks) == 1:
            return super().likely(x, log_weights, negligible)
        return self.factor.likely(x, log_weights, negligible)

    def add(self, x: Tensor, weights: Tensor, negligible: float) -> None:
        for k, some, share in images_by_component(x, weights, negligible):
            deviation = some - self.factor.means[k]
            weighted = deviation * share[:, None]
            self.sum_first[k] += weighted.sum(0)
            self.sum_second[k] += weighted.T @ deviation

    def maximise(self, counts: Tensor, means: Tensor) -> Tensor:
        shift = self.sum_first / clamp_positive(counts)[:, None]
        value = self.sum_second / clamp_positive(counts)[:, None, None] - shift[:, :, None] * shift[:, None, :]
        value = (value + value.mT) / 2
        value.diagonal(dim1=1, dim2=2).add_(self.regularisation)
        self.value = torch.where((counts > 0)[:, None, None], value, self.value)
        self.clear()
        return torch.where((counts > 0)[:, None], self.factor.means.double() + shift, means)

    def set_to_average(self, healthy: Tensor, counts: Tensor, lost: int) -> None:
        share = counts * healthy / (counts * healthy).sum()
        self.value[lost] = (share[:, None, None] * self.value).nan_to_num().sum(0)

    def valid(self) -> Tensor:
        info: Tensor = torch.linalg.cholesky_ex(self.value).info
        return info == 0

    def repair(self, invalid: Tensor) -> None:
        self.value[invalid] = with_least_eigenvalue(self.value[invalid], self.regularisation)

    def matrices(self) -> Tensor:
        return self.value

    def assign(self, matrices: Tensor) -> None:
        self.value = matrices.to(self.value, copy=True)

    def free_parameters(self, components: int, size: int) -> int:
        return components * size * (size + 1) // 2

    def deviations(self) -> nn.Module:
        return Product(torch.linalg.cholesky(self.value))

    def density(self, means: Tensor) -> nn.Module:
        return MatrixDensity(self.matrices(), means)


class Tied(Covariance):
    """One symmetric covariance matrix shared by all components, (D, D)."""

    fewest = EMPTY  # a component of one image has the covariance of all
    value: Tensor
    sum_first: Tensor
    sum_second: Tensor

    def allocate(self, components: int, size: int) -> None:
        self.components = components
        self.register_buffer("value", torch.eye(size, dtype=torch.float64))
        self.register_buffer("sum_first", torch.zeros(components, size, dtype=torch.float64))
        self.register_buffer("sum_second", torch.zeros(size, size, dtype=torch.float64))

    def prepare(self, means: Tensor, dtype: torch.dtype) -> None:
        self.centre = means.mean(0).to(dtype)
        # One product for all components: x and the means are compared after whitening by the shared covariance.
        self.factor = Triangular(self.value[None], means.mean(0, keepdim=True), dtype)
        self.whitened_means = self.factor.whiten(means.to(dtype))

    def log_density(self, x: Tensor) -> Tensor:
        halves: Tensor = -squared_distances(self.factor.whiten(x), self.whitened_means) / 2
        return halves + self.factor.constants

    def add(self, x: Tensor, weights: Tensor, negligible: float) -> None:
        deviation = x - self.centre
        self.sum_first += weights.T @ deviation
        self.sum_second += deviation.T @ deviation

    def maximise(self, counts: Tensor, means: Tensor) -> Tensor:
        centre = self.centre.double()
        shift = self.sum_first / clamp_positive(counts)[:, None]
        value = (self.sum_second - (counts[:, None] * shift).T @ shift) / counts.sum()
        value = (value + value.T) / 2
        value.diagonal().add_(self.regularisation)
        self.value = value
        self.clear()
        return torch.where((counts > 0)[:, None], centre + shift, means)

    def set_to_average(self, healthy: Tensor, counts: Tensor, lost: int) -> None:
        pass

    def restore(self, former: dict[str, Tensor], which: Tensor) -> None:
        self.value = former["value"]

    def valid(self) -> Tensor:
        info: Tensor = torch.linalg.cholesky_ex(self.value).info
        return (info == 0).expand(self.components)

    def repair(self, invalid: Tensor) -> None:
        self.value = with_least_eigenvalue(self.value, self.regularisation)

    def matrices(self) -> Tensor:
        return self.value.expand(self.components, -1, -1)

    def assign(self, matrices: Tensor) -> None:
        self.value = matrices.to(self.value).mean(0)

    def free_parameters(self, components: int, size: int) -> int:
        return size * (size + 1) // 2

    def deviations(self) -> nn.Module:
        return Product(torch.linalg.cholesky(self.value)[None].expand(self.components, -1, -1))

    def density(self, means: Tensor) -> nn.Module:
        return MatrixDensity(self.matrices(), means)

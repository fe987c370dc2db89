"""The covariances that a mixture's components may have: full, one for all, diagonal, spherical. Low rank: genlab.mixtures.low_rank.

A covariance module knows its parameters (float64 buffers), log-densities (the E step), which sums over images it needs, and what
follows from them (the M step). Its arithmetic on images is matrix products in the images' own dtype; sums over chunks are float64.
"""

import math
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from genlab.errors import InputError

BLOCK = 128  # columns of a triangular factor that are multiplied at once: the zeros of the blocks above them are not
EXPANDED = 1.0e4  # squared distance in deviations up to which ||x - m||^2 may be multiplied out in float32: an error of some 1e-3
DENSE = 0.4  # share of images above which a component's sums are taken over all of them


class Covariance(nn.Module):
    """What the kinds share: shapes, and how a component's sums are taken.

    Methods that take `x` take images as vectors (N, D); `means` are (K, D), float64; `weights` are responsibilities (N, K).
    """

    def __init__(
        self,
        regularisation: float = 1.0e-6,  # added to every variance after each M step, as scikit-learn's reg_covar
    ):
        super().__init__()
        if regularisation < 0:
            raise InputError(f"regularisation: got {regularisation}, expected 0 or a positive variance.")
        self.regularisation = regularisation

    def allocate(self, components: int, size: int) -> None:
        """Make the parameters and the sums."""
        raise NotImplementedError

    def prepare(self, means: Tensor, dtype: torch.dtype) -> None:
        """Derive from the parameters what both steps multiply with, for the means as they are."""
        raise NotImplementedError

    def log_density(self, x: Tensor) -> Tensor:
        """log N(x; m_k, S_k), (N, K)."""
        raise NotImplementedError

    def add(self, x: Tensor, weights: Tensor, negligible: float) -> None:
        """Add these images to the sums; weights up to `negligible` may be taken for 0."""
        raise NotImplementedError

    def begin(self, x: Tensor, component: Tensor, means: Tensor) -> Tensor:
        """Images (N, D), the component that each belongs to (N,), means (K, D) -> means; sets the covariances of these clusters."""
        weights = torch.nn.functional.one_hot(component, len(means)).to(x.dtype)
        self.prepare(means, x.dtype)
        self.add(x, weights, 0.0)
        return self.maximise(weights.double().sum(0), means)

    def maximise(self, counts: Tensor, means: Tensor) -> Tensor:
        """Sums -> new covariances, and new means (K, D), which are returned. `means` are those of the E step. Sums are cleared.

        A component without images keeps what it had.
        """
        raise NotImplementedError

    def usual(self, healthy: Tensor, counts: Tensor, lost: int) -> None:
        """Give the component `lost` the average covariance of the healthy ones, (K,) bool."""
        raise NotImplementedError

    def sound(self) -> Tensor:
        """Which components' covariances can be factorised, (K,) bool."""
        raise NotImplementedError

    def mend(self, unsound: Tensor) -> None:
        """Undo what rounding did to these covariances, (K,) bool; nothing where it does not make them unsound."""

    def matrices(self) -> Tensor:
        """The covariances in full, (K, D, D)."""
        raise NotImplementedError

    def assign(self, matrices: Tensor) -> None:
        """Set the parameters to those of covariances (K, D, D), as far as the kind can say them."""
        raise NotImplementedError

    def free_parameters(self, components: int, size: int) -> int:
        """How many numbers are fitted."""
        raise NotImplementedError

    def explain(self, x: Tensor, component: Tensor) -> Tensor:
        """What of the deviation from a component's mean (N,) its own latents explain, (N, D): nothing where it has none."""
        return torch.zeros_like(x)

    def noise_size(self, size: int) -> int:
        """Numbers from N(0, 1) that a deviation from a mean is made of."""
        return size

    def deviations(self) -> nn.Module:
        """A network: noise (N, noise_size), component (N,) -> deviation from its mean (N, D)."""
        raise NotImplementedError

    def clear(self) -> None:
        """Set the sums to 0."""
        for name, buffer in self.named_buffers(recurse=False):
            if name.startswith("sum_"):
                buffer.zero_()


class Full(Covariance):
    """A symmetric matrix for each component, (K, D, D)."""

    def allocate(self, components: int, size: int) -> None:
        self.register_buffer("value", torch.eye(size, dtype=torch.float64).repeat(components, 1, 1))
        self.register_buffer("sum_first", torch.zeros(components, size, dtype=torch.float64))
        self.register_buffer("sum_second", torch.zeros(components, size, size, dtype=torch.float64))

    def prepare(self, means: Tensor, dtype: torch.dtype) -> None:
        self.factor = Triangular(self.value, means, dtype)

    def log_density(self, x: Tensor) -> Tensor:
        return self.factor.log_density(x)

    def add(self, x: Tensor, weights: Tensor, negligible: float) -> None:
        for k, some, share in chosen(x, weights, negligible):
            deviation = some - self.factor.means[k]
            weighted = deviation * share[:, None]
            self.sum_first[k] += weighted.sum(0)
            self.sum_second[k] += weighted.T @ deviation

    def maximise(self, counts: Tensor, means: Tensor) -> Tensor:
        shift = self.sum_first / at_least_tiny(counts)[:, None]
        value = self.sum_second / at_least_tiny(counts)[:, None, None] - shift[:, :, None] * shift[:, None, :]
        value = (value + value.mT) / 2
        value.diagonal(dim1=1, dim2=2).add_(self.regularisation)
        self.value = torch.where((counts > 0)[:, None, None], value, self.value)
        self.clear()
        return torch.where((counts > 0)[:, None], self.factor.means.double() + shift, means)

    def usual(self, healthy: Tensor, counts: Tensor, lost: int) -> None:
        share = counts * healthy / (counts * healthy).sum()
        self.value[lost] = (share[:, None, None] * self.value).nan_to_num().sum(0)

    def sound(self) -> Tensor:
        return torch.linalg.cholesky_ex(self.value).info == 0

    def mend(self, unsound: Tensor) -> None:
        self.value[unsound] = raised(self.value[unsound], self.regularisation)

    def matrices(self) -> Tensor:
        return self.value

    def assign(self, matrices: Tensor) -> None:
        self.value = matrices.to(self.value, copy=True)

    def free_parameters(self, components: int, size: int) -> int:
        return components * size * (size + 1) // 2

    def deviations(self) -> nn.Module:
        return Product(torch.linalg.cholesky(self.value))


class Tied(Covariance):
    """One symmetric matrix for all components, (D, D)."""

    def allocate(self, components: int, size: int) -> None:
        self.components = components
        self.register_buffer("value", torch.eye(size, dtype=torch.float64))
        self.register_buffer("sum_first", torch.zeros(components, size, dtype=torch.float64))
        self.register_buffer("sum_second", torch.zeros(size, size, dtype=torch.float64))

    def prepare(self, means: Tensor, dtype: torch.dtype) -> None:
        self.centre = means.mean(0).to(dtype)
        # One product for all: x and the means meet where the covariance is the unit matrix.
        self.factor = Triangular(self.value[None], means.mean(0, keepdim=True), dtype)
        self.whitened_means = self.factor.whiten(means.to(dtype))

    def log_density(self, x: Tensor) -> Tensor:
        return -squared_distances(self.factor.whiten(x), self.whitened_means) / 2 + self.factor.constants

    def add(self, x: Tensor, weights: Tensor, negligible: float) -> None:
        deviation = x - self.centre
        self.sum_first += weights.T @ deviation
        self.sum_second += deviation.T @ deviation

    def maximise(self, counts: Tensor, means: Tensor) -> Tensor:
        centre = self.centre.double()
        shift = self.sum_first / at_least_tiny(counts)[:, None]
        value = (self.sum_second - (counts[:, None] * shift).T @ shift) / counts.sum()
        value = (value + value.T) / 2
        value.diagonal().add_(self.regularisation)
        self.value = value
        self.clear()
        return torch.where((counts > 0)[:, None], centre + shift, means)

    def usual(self, healthy: Tensor, counts: Tensor, lost: int) -> None:
        pass

    def sound(self) -> Tensor:
        return (torch.linalg.cholesky_ex(self.value).info == 0).expand(self.components)

    def mend(self, unsound: Tensor) -> None:
        self.value = raised(self.value, self.regularisation)

    def matrices(self) -> Tensor:
        return self.value.expand(self.components, -1, -1)

    def assign(self, matrices: Tensor) -> None:
        self.value = matrices.to(self.value).mean(0)

    def free_parameters(self, components: int, size: int) -> int:
        return size * (size + 1) // 2

    def deviations(self) -> nn.Module:
        return Product(torch.linalg.cholesky(self.value)[None].expand(self.components, -1, -1))


class Diagonal(Covariance):
    """A variance for each value of each component, (K, D)."""

    def allocate(self, components: int, size: int) -> None:
        self.register_buffer("value", torch.ones(components, size, dtype=torch.float64))
        self.register_buffer("sum_first", torch.zeros(components, size, dtype=torch.float64))
        self.register_buffer("sum_second", torch.zeros(components, size, dtype=torch.float64))

    def prepare(self, means: Tensor, dtype: torch.dtype) -> None:
        self.quadratic = DiagonalQuadratic(means, 1 / self.value, dtype)
        self.constants = (-(self.value.log().sum(1) + self.value.shape[1] * math.log(2 * math.pi)) / 2).to(dtype)
        self.expanded: tuple[Tensor, Tensor] | None = None

    def log_density(self, x: Tensor) -> Tensor:
        features = self.quadratic.features(x)
        self.expanded = (x, features)  # the M step of the same images wants them again
        return self.constants - self.quadratic.of(features) / 2

    def add(self, x: Tensor, weights: Tensor, negligible: float) -> None:
        known = self.expanded is not None and self.expanded[0] is x
        sums = weights.T @ (self.expanded[1] if known else self.quadratic.features(x))
        second, first = sums.chunk(2, 1)
        self.sum_first += first
        self.sum_second += second

    def maximise(self, counts: Tensor, means: Tensor) -> Tensor:
        shift = self.sum_first / at_least_tiny(counts)[:, None]
        variances = (self.sum_second / at_least_tiny(counts)[:, None] - shift.square()).clamp(min=0)
        self.value = torch.where((counts > 0)[:, None], self.pooled(variances) + self.regularisation, self.value)
        centre, self.expanded = self.quadratic.centre.double(), None
        self.clear()
        return torch.where((counts > 0)[:, None], centre + shift, means)

    def pooled(self, variances: Tensor) -> Tensor:
        """Variances (K, D) -> those that this kind can say."""
        return variances

    def usual(self, healthy: Tensor, counts: Tensor, lost: int) -> None:
        share = counts * healthy / (counts * healthy).sum()
        self.value[lost] = (share[:, None] * self.value).nan_to_num().sum(0)

    def sound(self) -> Tensor:
        return (self.value > 0).all(1) & self.value.isfinite().all(1)

    def matrices(self) -> Tensor:
        return torch.diag_embed(self.value)

    def assign(self, matrices: Tensor) -> None:
        self.value = self.pooled(matrices.diagonal(dim1=1, dim2=2).to(self.value).clone())

    def free_parameters(self, components: int, size: int) -> int:
        return components * size

    def deviations(self) -> nn.Module:
        return Scaling(self.value.sqrt())


class Spherical(Diagonal):
    """A variance for each component, the same for all values, kept as (K, D)."""

    def pooled(self, variances: Tensor) -> Tensor:
        return variances.mean(1, keepdim=True).expand_as(variances).clone()

    def free_parameters(self, components: int, size: int) -> int:
        return components


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


class Product(nn.Module):
    """Deviation = L_k noise."""

    def __init__(self, factors: Tensor):  # (K, D, Q)
        super().__init__()
        self.register_buffer("factors", factors.float())

    def forward(self, noise: Tensor, component: Tensor) -> Tensor:
        return (self.factors[component] @ noise[:, :, None])[:, :, 0]


class Scaling(nn.Module):
    """Deviation = s_k noise, value by value."""

    def __init__(self, scales: Tensor):  # (K, D)
        super().__init__()
        self.register_buffer("scales", scales.float())

    def forward(self, noise: Tensor, component: Tensor) -> Tensor:
        return self.scales[component] * noise


def chosen(x: Tensor, weights: Tensor, negligible: float) -> Iterator[tuple[int, Tensor, Tensor]]:
    """Component, the images (M, D) that are its own by more than `negligible`, and their weights (M,).

    All images where most are: copying them would cost more than it saves. What is left out adds up to at most N x negligible.
    """
    kept = weights > negligible
    for k, count in enumerate(kept.sum(0).tolist()):
        if count > DENSE * len(x):
            yield k, x, weights[:, k]
        elif count:
            rows = kept[:, k].nonzero()[:, 0]
            yield k, x[rows], weights[rows, k]


def raised(matrices: Tensor, least: float) -> Tensor:
    """Symmetric matrices (..., D, D), with no eigenvalue below `least`.

    A sum of squares has none below 0, but in float32 it may have, by 1e-7 of the largest: more than a small regularisation adds.
    """
    values, vectors = torch.linalg.eigh(matrices)
    return vectors * values.clamp(min=least)[..., None, :] @ vectors.mT


def squared_distances(x: Tensor, means: Tensor) -> Tensor:
    """(N, D), (K, D) -> (N, K)."""
    return torch.cdist(x, means, compute_mode="donot_use_mm_for_euclid_dist").square()


def at_least_tiny(counts: Tensor) -> Tensor:
    """So that nothing is divided by 0."""
    return counts.clamp(min=torch.finfo(torch.float64).tiny)

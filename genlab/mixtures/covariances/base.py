"""The interface of a mixture's covariances.

A covariance module holds its parameters (float64 buffers) and computes log-densities (the E step), its sums over images, and new
parameters from these sums (the M step). Arithmetic on images uses matrix products in their own dtype; sums over chunks are float64.
"""

import torch
from torch import Tensor, nn

from genlab.errors import InputError

ALONE = 2.0  # images: the covariance of fewer is singular
EMPTY = 0.5  # images: a component with a smaller sum of responsibilities is the most likely one of none


class Covariance(nn.Module):
    """Base class of the covariances of a mixture.

    In all methods, `x` are images as vectors (N, D), `means` are (K, D) in float64, and `weights` are responsibilities (N, K).
    """

    def __init__(
        self,
        regularisation: float = 1.0e-6,  # added to every variance after each M step, like scikit-learn's reg_covar
    ):
        super().__init__()
        if regularisation < 0:
            raise InputError(f"regularisation: got {regularisation}, expected 0 or a positive variance.")
        self.regularisation = regularisation

    @property
    def fewest(self) -> float:
        """Minimum sum of a component's responsibilities, in images, for it to be kept: EMPTY, or ALONE if nothing is added to variances.

        A component of one image is sound if its variance has a lower limit, or is shared with others.
        """
        return EMPTY if self.regularisation > 0 else ALONE

    def allocate(self, components: int, size: int) -> None:
        """Make the buffers of parameters and sums for `components` K and vectors of `size` D."""
        raise NotImplementedError

    def prepare(self, means: Tensor, dtype: torch.dtype) -> None:
        """Derive the factors of both steps from the parameters and the current means, in this dtype."""
        raise NotImplementedError

    def log_density(self, x: Tensor) -> Tensor:
        """Images (N, D) -> log N(x; m_k, S_k), (N, K)."""
        raise NotImplementedError

    def likely(self, x: Tensor, log_weights: Tensor, negligible: float) -> Tensor:
        """Images (N, D) -> log p(z = k) + log N(x; m_k, S_k), (N, K), of an E step; may be -inf where the responsibility is negligible."""
        return self.log_density(x) + log_weights

    def add(self, x: Tensor, weights: Tensor, negligible: float) -> None:
        """Add the statistics of images to the sums; weights up to `negligible` may be treated as 0."""
        raise NotImplementedError

    def initialise(self, x: Tensor, component: Tensor, means: Tensor) -> Tensor:
        """Set the covariances from clusters, given the component of each image (N,) and the means, and return the means (K, D)."""
        weights = torch.nn.functional.one_hot(component, len(means)).to(x.dtype)
        self.prepare(means, x.dtype)
        self.add(x, weights, 0.0)
        return self.maximise(weights.double().sum(0), means)

    def maximise(self, counts: Tensor, means: Tensor) -> Tensor:
        """Update the covariances from the sums, clear the sums, and return new means (K, D); `means` are those of the E step.

        A component without images keeps its parameters.
        """
        raise NotImplementedError

    def set_to_average(self, healthy: Tensor, counts: Tensor, lost: int) -> None:
        """Give component `lost` the average covariance of the `healthy` components, (K,) bool, weighted by their `counts`, (K,)."""
        raise NotImplementedError

    def valid(self) -> Tensor:
        """Whether each component's covariance can be factorised, (K,) bool."""
        raise NotImplementedError

    def repair(self, invalid: Tensor) -> None:
        """Repair rounding errors in the `invalid` covariances, (K,) bool; does nothing for kinds that rounding cannot make invalid."""

    def matrices(self) -> Tensor:
        """Covariances as full matrices, (K, D, D)."""
        raise NotImplementedError

    def assign(self, matrices: Tensor) -> None:
        """Set the parameters from full covariances (K, D, D), as far as this kind can represent them."""
        raise NotImplementedError

    def free_parameters(self, components: int, size: int) -> int:
        """Number of fitted parameters."""
        raise NotImplementedError

    def explained(self, x: Tensor, component: Tensor) -> Tensor:
        """Part of each image's deviation from its component's mean that the component's latents explain, (N, D); 0 without latents."""
        return torch.zeros_like(x)

    def noise_size(self, size: int) -> int:
        """Number of values from N(0, 1) that generate a deviation from a mean."""
        return size

    def deviations(self) -> nn.Module:
        """Make a network: noise (N, noise_size), component (N,) -> deviation from the component's mean (N, D)."""
        raise NotImplementedError

    def density(self, means: Tensor) -> nn.Module:
        """Make a network of genlab.mixtures.covariances.densities: vectors (N, D) -> log N(x; m_k, S_k), (N, K)."""
        raise NotImplementedError

    def parameters_by_name(self) -> dict[str, Tensor]:
        """Copies of the parameters, (K, ...) each, or for all components together."""
        return {name: buffer.clone() for name, buffer in self.named_buffers(recurse=False) if not name.startswith("sum_")}

    def restore(self, former: dict[str, Tensor], which: Tensor) -> None:
        """Give the components `which`, (K,) bool, the parameters that `parameters_by_name` returned before."""
        for name, value in former.items():
            buffer = self.get_buffer(name)
            buffer[which] = value[which]

    def clear(self) -> None:
        """Set the sums to 0."""
        for name, buffer in self.named_buffers(recurse=False):
            if name.startswith("sum_"):
                buffer.zero_()

"""The interface of a mixture's covariances.

A covariance module holds its parameters (float64 buffers), log-densities (the E step), the sums over images that it needs, and the
parameters that follow from these sums (the M step). Arithmetic on images is matrix products in their own dtype; sums over chunks are
float64.
"""

import torch
from torch import Tensor, nn

from genlab.errors import InputError


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

    def initialise(self, x: Tensor, component: Tensor, means: Tensor) -> Tensor:
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

    def set_to_average(self, healthy: Tensor, counts: Tensor, lost: int) -> None:
        """Give the component `lost` the average covariance of the healthy ones, (K,) bool."""
        raise NotImplementedError

    def valid(self) -> Tensor:
        """Which components' covariances can be factorised, (K,) bool."""
        raise NotImplementedError

    def repair(self, invalid: Tensor) -> None:
        """Undo what rounding did to these covariances, (K,) bool; nothing where it does not make them invalid."""

    def matrices(self) -> Tensor:
        """The covariances in full, (K, D, D)."""
        raise NotImplementedError

    def assign(self, matrices: Tensor) -> None:
        """Set the parameters to those of covariances (K, D, D), as far as the kind can say them."""
        raise NotImplementedError

    def free_parameters(self, components: int, size: int) -> int:
        """How many numbers are fitted."""
        raise NotImplementedError

    def explained(self, x: Tensor, component: Tensor) -> Tensor:
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

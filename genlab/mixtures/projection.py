"""Principal components in front of a mixture: a reduction of dimensions, and the map back."""

import math

import torch
from torch import Tensor, nn

from genlab.errors import InputError


class PrincipalComponents(nn.Module):
    """x (N, D) <-> coordinates along the first principal axes, (N, dimensions), not scaled.

    The omitted axes share one variance, the mean of theirs, as in probabilistic PCA (Tipping and Bishop 1999, equation 8). A density of the
    coordinates therefore gives a density of x, and models with and without PCA can be compared.
    """

    mean: Tensor
    axes: Tensor
    rest: Tensor

    def __init__(
        self,
        dimensions: int,
        least: float = 1.0e-4,  # minimum variance along the omitted axes
        images: int = 10_000,  # maximum number of images to compute the axes from
    ):
        super().__init__()
        self.dimensions, self.least, self.images = dimensions, least, images

    def allocate(self, size: int) -> None:
        """Make the buffers for vectors of `size` values.

        Raises:
            InputError: `dimensions` is less than 1, or not less than `size`.
        """
        if not 1 <= self.dimensions < size:
            raise InputError(
                f"PrincipalComponents: dimensions: got {self.dimensions}, expected from 1 to {size - 1}, less than the image has."
            )
        self.register_buffer("mean", torch.zeros(size, dtype=torch.float64))
        self.register_buffer("axes", torch.zeros(size, self.dimensions, dtype=torch.float64))
        self.register_buffer("rest", torch.ones((), dtype=torch.float64))

    def fit(self, x: Tensor) -> None:
        """Compute mean, axes and the variance along the omitted axes from vectors (N, D)."""
        self.mean = x.double().mean(0)
        away = x.double() - self.mean
        values, vectors = torch.linalg.eigh(away.T @ away / len(x))
        self.axes = vectors[:, -self.dimensions :].flip(1).contiguous()
        self.rest = values[: -self.dimensions].mean().clamp(min=self.least)

    def forward(self, x: Tensor) -> Tensor:
        return (x - self.mean.to(x.dtype)) @ self.axes.to(x.dtype)

    def inverse(self, y: Tensor) -> Tensor:
        """Coordinates (N, dimensions) -> vectors (N, D)."""
        return self.mean.to(y.dtype) + y @ self.axes.to(y.dtype).T

    def rest_log_density(self, x: Tensor) -> Tensor:
        """Vectors (N, D) -> log-density of their deviations along the omitted axes, (N,)."""
        left = (x - self.inverse(self(x))).square().sum(1)
        free = x.shape[1] - self.dimensions
        return -(left / self.rest.to(x.dtype) + free * math.log(2 * math.pi * float(self.rest))) / 2

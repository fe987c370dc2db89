"""Principal components in front of a mixture: fewer numbers, and a way back."""

import math

import torch
from torch import Tensor, nn

from genlab.errors import InputError


class PrincipalComponents(nn.Module):
    """x (N, D) <-> the first coordinates along its principal axes, (N, dimensions).

    The axes left out keep one variance, the mean of theirs, as in probabilistic PCA (Tipping and Bishop 1999, equation 8): so a density of
    the coordinates is one of x, and models with and without PCA compare. The axes are not scaled.
    """

    def __init__(
        self,
        dimensions: int,
        least: float = 1.0e-4,  # variance along the axes that are left out
        images: int = 10_000,  # that it is computed from, at most
    ):
        super().__init__()
        self.dimensions, self.least, self.images = dimensions, least, images

    def allocate(self, size: int) -> None:
        if not 1 <= self.dimensions < size:
            raise InputError(
                f"PrincipalComponents: dimensions: got {self.dimensions}, expected from 1 to {size - 1}, less than the image has."
            )
        self.register_buffer("mean", torch.zeros(size, dtype=torch.float64))
        self.register_buffer("axes", torch.zeros(size, self.dimensions, dtype=torch.float64))
        self.register_buffer("rest", torch.ones((), dtype=torch.float64))

    def fit(self, x: Tensor) -> None:
        self.mean = x.double().mean(0)
        away = x.double() - self.mean
        values, vectors = torch.linalg.eigh(away.T @ away / len(x))
        self.axes = vectors[:, -self.dimensions :].flip(1).contiguous()
        self.rest = values[: -self.dimensions].mean().clamp(min=self.least)

    def forward(self, x: Tensor) -> Tensor:
        return (x - self.mean.to(x.dtype)) @ self.axes.to(x.dtype)

    def inverse(self, y: Tensor) -> Tensor:
        return self.mean.to(y.dtype) + y @ self.axes.to(y.dtype).T

    def rest_log_density(self, x: Tensor) -> Tensor:
        """Log-density of what the coordinates leave out, (N,)."""
        left = (x - self.inverse(self(x))).square().sum(1)
        free = x.shape[1] - self.dimensions
        return -(left / self.rest.to(x.dtype) + free * math.log(2 * math.pi * float(self.rest))) / 2

"""The network of a mixture that infers from images, for a release, and its facts."""

import math
from typing import Any

import torch
from torch import Tensor, nn

from genlab.images.levels import log_volume, scored_text, within_range
from genlab.mixtures.criteria import free_parameters
from genlab.mixtures.gaussian_mixture import GaussianMixture
from genlab.mixtures.projection import PrincipalComponents


class MixtureInference(nn.Module):
    """Image (N, C, H, W) -> log p(k, x) (N, K), the rest of log p(x) (N,), and the reconstruction (N, C, H, W) in [-1, 1].

    log p(x) of discrete levels is the log-sum-exp of the first plus the second: the density along the axes that a projection omits, and the
    volume of a level. The image is one dequantisation. Without levels, values are real numbers: there is no volume, and the reconstruction
    is not clipped to [-1, 1]. It is the mean of the image's most likely component, plus the deviation that the component's latents explain.
    """

    inputs = ("image",)
    outputs = ("log_joint", "rest", "reconstruction")
    log_weights: Tensor
    means: Tensor
    mean: Tensor | None
    axes: Tensor | None

    def __init__(
        self,
        mixture: GaussianMixture,
        projection: PrincipalComponents | None,
        shape: tuple[int, ...],  # of an image, (C, H, W)
        levels: int | None,  # number of intensity levels of the images; None: real numbers
    ):
        super().__init__()
        self.shape, self.levels, self.density = shape, levels, mixture.covariance.density(mixture.means)
        values = math.prod(shape)
        self.constant = log_volume(values, levels)
        self.register_buffer("log_weights", mixture.log_weights.float())
        self.register_buffer("means", mixture.means.float())
        self.register_buffer("mean", None if projection is None else projection.mean.float())
        self.register_buffer("axes", None if projection is None else projection.axes.float())
        self.variance = 0.0 if projection is None else float(projection.rest)  # along each omitted axis
        self.omitted = values - mixture.size

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        flat = image.flatten(1)
        x, rest = flat, torch.zeros_like(flat[:, 0]) + self.constant
        if self.mean is not None and self.axes is not None:
            x = (flat - self.mean) @ self.axes
            left = (flat - self.mean - x @ self.axes.T).square().sum(1)
            rest = rest - (left / self.variance + self.omitted * math.log(2 * math.pi * self.variance)) / 2
        log_joint = self.density(x) + self.log_weights
        component = log_joint.argmax(1)
        vectors = self.means[component] + self.density.explained(x, component)  # type: ignore[operator]  # a method of all densities
        if self.mean is not None and self.axes is not None:
            vectors = self.mean + vectors @ self.axes.T
        return log_joint, rest, within_range(vectors.unflatten(1, self.shape), self.levels)


def facts_of(mixture: GaussianMixture, levels: int | None) -> dict[str, Any]:
    """Facts of a release: components, covariance, weights, parameters and convergence; `levels` of intensity, None for real numbers."""
    return {
        "components": mixture.components,
        "covariance": type(mixture.covariance).__name__,
        "scored": scored_text(levels),
        "weights": [round(weight, 6) for weight in sorted(mixture.log_weights.exp().tolist(), reverse=True)],
        "free_parameters": free_parameters(mixture),
        "recovered_components": int(mixture.recoveries),
        "converged": bool(mixture.converged),
    }

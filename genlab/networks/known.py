"""Generators of known distributions, whose parameters are those of the distribution: critics of them can be compared with closed forms."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from genlab.errors import InputError
from genlab.networks.latents import normal_cdf, pick_component


class Line(nn.Module):
    """Latent (N, 1) -> points on a vertical segment as images (N, 2, 1, 1): (offset, height), the height uniform on [0, 1].

    Its one parameter is the offset, theta in Arjovsky et al. 2017 (arXiv:1701.07875), example 1: g(z) = (theta, z).
    """

    classes = 0  # unconditional
    size = 1  # pixel
    latent_size = 1

    def __init__(self, offset: float):  # theta, initial value
        super().__init__()
        self.offset = nn.Parameter(torch.tensor(float(offset)))

    def forward(self, latent: Tensor) -> Tensor:
        heights = normal_cdf(latent)
        return torch.cat([self.offset.expand_as(heights), heights], 1)[:, :, None, None]


class Gaussians(nn.Module):
    """Latent (N, 1 + D) -> points of an equal mixture of N(mean_k, deviation^2 I) as images (N, D, 1, 1).

    The first number of a latent selects the component, the others are the noise. The parameters are the means, (K, D).

    Raises:
        InputError: there is no mean, or the means have different lengths.
    """

    classes = 0  # unconditional
    size = 1  # pixel
    bounds: Tensor

    def __init__(
        self,
        means: Sequence[Sequence[float]],  # (K, D), initial values, in the coordinates of images
        deviation: float,  # of all components
    ):
        super().__init__()
        if not means or len({len(mean) for mean in means}) > 1 or not len(means[0]):
            raise InputError(f"means: got {means}, expected at least one mean, and the same number of coordinates in each.")
        self.means = nn.Parameter(torch.tensor([[float(value) for value in mean] for mean in means]))
        self.deviation, self.latent_size = deviation, 1 + len(means[0])
        self.register_buffer("bounds", torch.arange(1, len(means)) / len(means), persistent=False)

    def forward(self, latent: Tensor) -> Tensor:
        points: Tensor = self.means[pick_component(latent[:, 0], self.bounds)] + self.deviation * latent[:, 1:]
        return points[:, :, None, None]

"""A generator whose density is known: a mixture of isotropic Gaussians with learnable means."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class GaussianPoints(nn.Module):
    """Latent (N, D + 1) -> image (N, D, 1, 1) from sum_k 1/K N(mean_k, deviation^2 I).

    The last number of the latent selects the component, by its value of the normal distribution function; the others are the noise. The
    density is known at every step of a training, which no other generator here offers. Images are points divided by `extent`.
    """

    classes = 0  # unconditional
    size = 1  # pixel

    def __init__(
        self,
        means: Sequence[Sequence[float]],  # (K, D), initial values, of the points
        deviation: float,  # of the points
        extent: float = 1.0,  # of the density that it is trained on
    ):
        super().__init__()
        self.means = nn.Parameter(torch.tensor([[*mean] for mean in means], dtype=torch.float32) / extent)
        self.deviation, self.extent = deviation / extent, extent
        self.latent_size = self.means.shape[1] + 1

    def forward(self, latent: Tensor) -> Tensor:
        noise, choice = latent[:, :-1], torch.special.ndtr(latent[:, -1])
        component = (choice * len(self.means)).long().clamp(max=len(self.means) - 1)
        points: Tensor = self.means[component] + self.deviation * noise
        return points[:, :, None, None]

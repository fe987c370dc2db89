"""Generator and critic with one parameter each: the Dirac-GAN, the simplest game that does not converge. arXiv:1801.04406, section 2."""

import torch
from torch import Tensor, nn


class Generator(nn.Module):
    """Latent (N, 1) -> image (N, 1, 1, 1) with the value theta, whatever the latent."""

    classes = 0  # unconditional
    size = 1  # pixel
    latent_size = 1

    def __init__(self, theta: float = 1.0):  # initial value
        super().__init__()
        self.theta = nn.Parameter(torch.tensor(float(theta)))

    def forward(self, latent: Tensor) -> Tensor:
        return self.theta.expand(len(latent), 1, 1, 1)


class Critic(nn.Module):
    """Image (N, 1, 1, 1) with the value x -> logits psi x, (N,)."""

    classes = 0  # unconditional

    def __init__(self, psi: float = 1.0):  # initial value
        super().__init__()
        self.psi = nn.Parameter(torch.tensor(float(psi)))

    def forward(self, image: Tensor) -> Tensor:
        return self.psi * image.flatten(1).sum(1)

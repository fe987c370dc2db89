"""Two parallel lines, with what the claim about disjoint supports measures between them."""

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from genlab.densities.base import images_of
from genlab.losses import adversarial
from genlab.losses.adversarial import AdversarialLoss
from genlab.recipes.gan import GAN

GRID = 101  # places across and along the lines, at which a critic's slope is measured
CRITICS = {"cross-entropy": "NON_SATURATING", "least squares": "LEAST_SQUARES", "clipping": "WASSERSTEIN", "penalty": "WASSERSTEIN"}
LOSSES: Mapping[str, tuple[str, AdversarialLoss]] = {  # of the generator -> its critic, and the loss
    "minimax": ("cross-entropy", adversarial.MINIMAX),
    "non-saturating": ("cross-entropy", adversarial.NON_SATURATING),
    "least squares": ("least squares", adversarial.LEAST_SQUARES),
    "Wasserstein, clipping": ("clipping", adversarial.WASSERSTEIN),
    "Wasserstein, gradient penalty": ("penalty", adversarial.WASSERSTEIN),
}


class Separation(NamedTuple):
    """What was measured between the lines at 0 and theta."""

    offset: float  # theta
    transport: float  # W1 of samples
    cells: tuple[float, float]  # KL and JSD in nats of the shares of samples in the two half planes that theta / 2 divides
    jsd: float  # lower bound by the trained critic, nats
    gradients: Mapping[str, float]  # derivative of the generator's loss with respect to theta, by loss
    lipschitz: float  # of the clipped critic
    critics: Mapping[str, GAN]


def derivative(gan: GAN, loss: AdversarialLoss, latents: Tensor) -> float:
    """Derivative of the generator's mean loss with respect to its offset, for the critic as it is."""
    mean = loss.generator(gan.critic(gan.generator(latents)), no_real_logits).mean()
    (gradient,) = torch.autograd.grad(mean, list(gan.generator.parameters()))
    return float(gradient)


def no_real_logits() -> Tensor:
    """The real logits, which none of the losses of this claim uses."""
    raise NotImplementedError


def around(offset: float) -> Tensor:
    """Grid of points as images (N, 2, 1, 1) on and between the lines at 0 and at the offset."""
    across, along = torch.linspace(0, offset, GRID), torch.linspace(0, 1, GRID)
    return images_of(torch.cartesian_prod(across, along), 1.0)

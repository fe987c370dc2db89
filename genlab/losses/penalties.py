"""Penalties that keep a critic smooth, as functions of its input images and logits."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

CriticFunction = Callable[[Tensor], Tensor]  # critic, including its augmentation: images (N, C, H, W) -> logits (N, ...)


class Scored(NamedTuple):
    """Images that require a gradient, and the critic's logits for them, connected by the autograd graph."""

    images: Tensor  # (N, C, H, W)
    logits: Tensor  # (N, ...)


Penalty = Callable[[CriticFunction, Scored, Scored], Tensor]  # (critic, real, fake) -> one number per image, (N,)


def slope(scored: Scored) -> Tensor:
    """Gradient of the sum of each image's logits with respect to the image, flattened, (N, C H W). It is differentiable itself."""
    (gradient,) = torch.autograd.grad(scored.logits.sum(), scored.images, create_graph=True)
    return gradient.flatten(1)


def one_centred(critic: CriticFunction, real: Scored, fake: Scored, weight: float = 10.0) -> Tensor:
    """weight (|grad D(x)| - 1)^2 on straight lines from real to fake, (N,). Gulrajani et al. 2017 (arXiv:1704.00028), equation 3.

    Draws one epsilon per image, as in algorithm 1. The critic must treat images independently: no batch norm. In half precision, the
    images between are of the precision of the real ones, and so is the gradient.
    """
    epsilon = torch.rand(len(real.images), *[1] * (real.images.dim() - 1), device=real.images.device, dtype=real.images.dtype)
    between = torch.lerp(real.images, fake.images.to(real.images.dtype), epsilon)
    if not between.requires_grad:  # an unrolled critic depends on the fakes through these images, too
        between.requires_grad_()
    norms: Tensor = slope(Scored(between, critic(between))).norm(dim=1)
    return weight * (norms - 1).square()


def drift(critic: CriticFunction, real: Scored, fake: Scored, weight: float = 1.0e-3) -> Tensor:
    """weight D(x)^2 on real images, one value per logit. Keeps the logits of a Wasserstein critic near 0.

    Karras et al. 2017 (arXiv:1710.10196), appendix A.
    """
    return weight * real.logits.square()


def r1(critic: CriticFunction, real: Scored, fake: Scored, weight: float = 1.0) -> Tensor:
    """weight / 2 |grad D(x)|^2 on real images, (N,). Mescheder et al. 2018 (arXiv:1801.04406), equation 9; weight is gamma."""
    return weight / 2 * slope(real).square().sum(1)


def r2(critic: CriticFunction, real: Scored, fake: Scored, weight: float = 1.0) -> Tensor:
    """weight / 2 |grad D(G(z))|^2 on fake images, (N,). Mescheder et al. 2018 (arXiv:1801.04406), equation 10; weight is gamma."""
    return weight / 2 * slope(fake).square().sum(1)

"""Unrolled critic: the critic after some steps of gradient descent on its objective. Metz et al. 2016 (arXiv:1611.02163)."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.func import functional_call

from genlab.losses.adversarial import AdversarialLoss
from genlab.losses.penalties import CriticFunction, Penalty, Scored


def unrolled(
    critic: nn.Module,
    objective: Callable[[CriticFunction], Tensor],  # critic -> its loss, with a graph back to the generator
    steps: int,  # K
    rate: float,  # eta, the learning rate of these steps
    clip: float | None = None,  # c: the weights are clipped to [-c, c] after each step, as in genlab.adversarial.clipping; None: not
) -> CriticFunction:
    """Return the critic after K steps of gradient descent (equation 7), as a function that can be differentiated through the steps.

    The critic itself does not change. The generator minimises a loss of the unrolled critic (equation 9), and so accounts for the
    critic's response to its own change (the second term of equation 10). A clipped weight no longer responds: its gradient is 0.
    """
    weights: dict[str, Tensor] = {name: each for name, each in critic.named_parameters() if each.requires_grad}  # frozen ones stay

    def logits_of(images: Tensor, *labels: Tensor) -> Tensor:
        logits: Tensor = functional_call(critic, weights, (images, *labels))
        return logits

    for _ in range(steps):
        gradients = torch.autograd.grad(objective(logits_of), list(weights.values()), create_graph=True)
        weights = {name: weight - rate * gradient for (name, weight), gradient in zip(weights.items(), gradients, strict=True)}
        if clip is not None:
            weights = {name: weight.clamp(-clip, clip) for name, weight in weights.items()}
    return logits_of


def critic_loss(
    loss: AdversarialLoss,
    weight: float,  # of the adversarial loss, relative to the penalties
    penalties: Sequence[Penalty],
    real: Tensor,  # (N, C, H, W)
    fake: Tensor,  # (N, C, H, W), with a graph back to the generator
) -> Callable[[CriticFunction], Tensor]:
    """Return the critic's whole objective on these images, adversarial loss and penalties, as a function of the critic -> a scalar."""

    def objective(critic: CriticFunction) -> Tensor:
        # Penalties differentiate with respect to the images of this step alone: the weights, too, depend on those of earlier steps.
        inputs = [images.view_as(images) if images.requires_grad else images.detach().requires_grad_() for images in (real, fake)]
        scored_real, scored_fake = (Scored(images, critic(images)) for images in (inputs if penalties else (real, fake)))
        total = weight * loss.critic(scored_real.logits, scored_fake.logits).mean()
        for penalty in penalties:
            total = total + penalty(critic, scored_real, scored_fake).mean()
        return total

    return objective

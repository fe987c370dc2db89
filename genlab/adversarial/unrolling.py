"""Unrolled critic: the critic after some steps of gradient descent on its objective. Metz et al. 2016 (arXiv:1611.02163)."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.func import functional_call

from genlab.losses.penalties import CriticFunction


def unrolled(
    critic: nn.Module,
    objective: Callable[[CriticFunction], Tensor],  # critic -> its loss, with a graph back to the generator
    steps: int,  # K
    rate: float,  # eta, the learning rate of these steps
) -> CriticFunction:
    """Return the critic after K steps of gradient descent (equation 7), as a function that can be differentiated through the steps.

    The critic itself does not change. The generator minimises a loss of the unrolled critic (equation 9), and so accounts for the
    critic's response to its own change (the second term of equation 10).
    """
    weights: dict[str, Tensor] = dict(critic.named_parameters())

    def logits_of(images: Tensor, *labels: Tensor) -> Tensor:
        logits: Tensor = functional_call(critic, weights, (images, *labels))
        return logits

    for _ in range(steps):
        gradients = torch.autograd.grad(objective(logits_of), list(weights.values()), create_graph=True)
        weights = {name: weight - rate * gradient for (name, weight), gradient in zip(weights.items(), gradients, strict=True)}
    return logits_of

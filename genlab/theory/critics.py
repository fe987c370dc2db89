"""Critics that are trained against a fixed distribution, and their slopes."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn

from genlab.images.prepared_set import PreparedSet
from genlab.recipes.gan import GAN
from genlab.theory.training import trained

AT_REST = {"class": "torch.optim.SGD", "partial": True, "lr": 0.0}  # the generator stays as it is


def against(
    generator: Mapping[str, Any],  # description of a generator, which stays fixed
    loss: str,  # name in genlab.losses.adversarial
    hidden: Sequence[int],  # units per hidden layer of the critic
    rate: float,  # learning rate of the critic
    steps: int,  # critic steps per turn
    clip: float | None = None,  # c
    gradient_penalty: float | None = None,  # lambda of the one-centred penalty
    betas: tuple[float, float] = (0.5, 0.9),  # of the critic's Adam
) -> dict[str, Any]:
    """Describe a GAN whose generator does not move."""
    described = {
        "class": "genlab.recipes.gan.GAN",
        "generator": dict(generator),
        "critic": {"class": "genlab.networks.points.Critic", "dimensions": len_of(generator), "hidden": [*hidden]},
        "loss": {"class": f"genlab.losses.adversarial.{loss}"},
        "generator_optimizer": AT_REST,
        "critic_optimizer": {"class": "torch.optim.Adam", "partial": True, "lr": rate, "betas": [*betas]},
        "critic_steps": steps,
        "clip": clip,
    }
    if gradient_penalty is None:
        return described
    penalty = {"class": "genlab.losses.penalties.one_centred", "partial": True, "weight": gradient_penalty}
    return described | {"penalties": {"gradient_penalty": penalty}}


def len_of(generator: Mapping[str, Any]) -> int:
    """Coordinates of the points of a generator of genlab.networks.known, given its description."""
    return len(generator["means"][0]) if "means" in generator else 2


def trained_critic(model: Mapping[str, Any], images: PreparedSet, turns: int, batch_size: int, seed: int) -> GAN:
    """Train a GAN from the description that `against` returns."""
    return cast(GAN, trained(model, images, turns, batch_size, seed).recipe)


def slopes(critic: nn.Module, images: Tensor) -> Tensor:
    """Norms of the critic's gradient with respect to images (N, D, 1, 1), (N,). Their maximum over a grid estimates its Lipschitz constant.

    It never exceeds the Lipschitz constant, and equals it if a point of the grid is in the steepest of a ReLU network's linear regions.
    """
    inputs = images.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(critic(inputs).sum(), inputs)
    norms: Tensor = gradient.flatten(1).norm(dim=1)
    return norms

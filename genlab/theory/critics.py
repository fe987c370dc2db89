"""Critics that are trained between two known densities, of which neither changes."""

from collections.abc import Callable, Mapping
from typing import Any, cast

import torch
from torch import Tensor, nn

from genlab.densities.base import Distribution, images_of
from genlab.densities.gaussians import Gaussians
from genlab.densities.sets import prepared
from genlab.engine.recipe import Recipe
from genlab.recipes.gan import GAN
from genlab.theory.training import trained

AT_ONCE = 2**15  # points per call of a critic; limits memory
NON_SATURATING = {"class": "genlab.losses.adversarial.NON_SATURATING"}
CRITIC = {"class": "genlab.networks.points.Critic", "hidden": [128, 128]}
SEPARATELY = 20  # critic steps per turn: the generator, whose step has the learning rate 0, costs little

Logits = Callable[[Tensor], Tensor]  # points (N, D) -> logits (N,), float64


def description(
    q: Gaussians,  # distribution of the fakes
    extent: float,  # of the real distribution
    loss: Mapping[str, Any] = NON_SATURATING,  # description of an adversarial loss
    critic: Mapping[str, Any] = CRITIC,
    rate: float = 2.0e-3,  # learning rate of the critic
    **more: Any,
) -> dict[str, Any]:
    """Describe a GAN with a fixed generator: the fakes come from q, with equal weights, at every turn."""
    dimensions = q.dimensions
    return {
        "class": "genlab.recipes.gan.GAN",
        "loss": dict(loss),
        "generator": {
            "class": "genlab.networks.gaussian_points.GaussianPoints",
            "means": q.modes.tolist(),
            "deviation": q.deviation,
            "extent": extent,
        },
        "critic": {"dimensions": dimensions, **critic},
        "generator_optimizer": {"class": "torch.optim.SGD", "partial": True, "lr": 0.0},
        "critic_optimizer": {"class": "torch.optim.Adam", "partial": True, "lr": rate, "betas": [0.9, 0.99]},
        "critic_steps": SEPARATELY,
        "decay_start": 0.3,
        **more,
    }


def trained_critic(
    p: Distribution,  # distribution of the real samples
    q: Gaussians,  # distribution of the fakes, with equal weights
    steps: int,  # of the critic
    batch_size: int,
    seed: int,
    samples: int = 200_000,  # training samples of p; those of q are always new
    watch: Callable[[int, Logits], None] | None = None,  # called with the number of critic steps so far and the critic
    watch_every: int = 0,  # critic steps between two calls
    settings: Mapping[str, Any] | None = None,  # further arguments of `description`
) -> Logits:
    """Train a critic between two fixed distributions; return its logits as a function of points."""

    def seen(turns: int, recipe: Recipe) -> None:
        if watch is not None:
            watch(turns * SEPARATELY, logits_of(cast(GAN, recipe), p.extent))

    images = prepared(p, "real", samples, seed)
    turns = max(1, steps // SEPARATELY)
    model = description(q, p.extent, **(settings or {}))
    result = trained(model, images, turns, batch_size, seed, seen, max(1, watch_every // SEPARATELY) if watch_every else 0)
    return logits_of(cast(GAN, result.recipe), p.extent)


def logits_of(recipe: GAN, extent: float) -> Logits:
    """The critic of a recipe as a function of points (N, D) -> logits (N,), float64."""
    critic: nn.Module = recipe.critic

    @torch.no_grad()
    def logits(points: Tensor) -> Tensor:
        return torch.cat([critic(images_of(part, extent)).double() for part in points.split(AT_ONCE)])

    return logits

"""Critics that are trained between two known densities in the plane or on the line, of which neither changes."""

from collections.abc import Callable, Mapping
from typing import Any, cast

import torch
from torch import Tensor, nn

from genlab.densities.base import Distribution, images_of
from genlab.densities.gaussians import Gaussians
from genlab.densities.sets import prepared
from genlab.engine.recipe import Recipe
from genlab.recipes.gan import GAN
from genlab.theory.critics import against
from genlab.theory.training import trained

AT_ONCE = 2**15  # points per call of a critic; limits memory
HIDDEN, RATE = (128, 128), 2.0e-3  # units per hidden layer of a critic, and its learning rate, which decays to 0
SEPARATELY = 20  # critic steps per turn: the generator, whose step has the learning rate 0, costs little

Logits = Callable[[Tensor], Tensor]  # points (N, D) -> logits (N,), float64


def critic_between(
    p: Distribution,  # distribution of the real samples
    q: Gaussians,  # distribution of the fakes, with equal weights
    steps: int,  # of the critic
    batch_size: int,
    seed: int,
    loss: str = "NON_SATURATING",  # name in genlab.losses.adversarial
    samples: int = 200_000,  # training samples of p; those of q are always new
    watch: Callable[[int, Logits], None] | None = None,  # called with the number of critic steps so far and the critic
    watch_every: int = 0,  # critic steps between two calls
) -> Logits:
    """Train a critic between two fixed distributions; return its logits as a function of points."""

    def seen(turns: int, recipe: Recipe) -> None:
        if watch is not None:
            watch(turns * SEPARATELY, logits_of(cast(GAN, recipe), p.extent))

    means, deviation = (q.modes / p.extent).tolist(), q.deviation / p.extent
    generator: Mapping[str, Any] = {"class": "genlab.networks.known.Gaussians", "means": means, "deviation": deviation}
    model = against(generator, loss, HIDDEN, RATE, SEPARATELY, betas=(0.9, 0.99)) | {"decay_start": 0.3}
    images, turns = prepared(p, "real", samples, seed), max(1, steps // SEPARATELY)
    every = max(1, watch_every // SEPARATELY) if watch_every else 0
    return logits_of(cast(GAN, trained(model, images, turns, batch_size, seed, seen, every).recipe), p.extent)


def logits_of(recipe: GAN, extent: float) -> Logits:
    """The critic of a recipe as a function of points (N, D) -> logits (N,), float64."""
    critic: nn.Module = recipe.critic

    @torch.no_grad()
    def logits(points: Tensor) -> Tensor:
        return torch.cat([critic(images_of(part, extent)).double() for part in points.split(AT_ONCE)])

    return logits

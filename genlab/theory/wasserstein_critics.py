"""Wasserstein critics of known pairs of distributions, with the estimates and the slopes that were measured of them."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from genlab.densities.base import Distribution, images_of
from genlab.densities.sets import prepared
from genlab.engine.seeding import mix
from genlab.losses.adversarial import wasserstein
from genlab.recipes.gan import GAN
from genlab.theory.critics import against, slopes, trained_critic

JUDGED = 20_000  # fresh samples of both distributions


class Training(NamedTuple):
    """How critics are trained."""

    points: int  # training samples of the real distribution
    turns: int
    critic_steps: int  # per turn
    batch_size: int
    hidden: Sequence[int]  # units per hidden layer
    rate: float  # learning rate
    betas: tuple[float, float]  # of Adam


class Judged(NamedTuple):
    """A trained critic with what was measured of it."""

    gan: GAN
    difference: float  # E_p f - E_q f in the coordinates of points
    lipschitz: float  # largest slope on a grid

    @property
    def normalised(self) -> float:
        """Difference divided by the largest slope: a lower bound of W1, up to sampling."""
        return self.difference / self.lipschitz


class OnLine(NamedTuple):
    """A pair of normal distributions on the line, and critics of it."""

    distance: float  # |mu_1 - mu_2|
    clipped: Judged
    penalised: Sequence[Judged]  # one per start


class InPlane(NamedTuple):
    """A mixture and the same mixture with noise, and critics of both."""

    exact: float  # W1 of samples
    floor: float  # sum over both distributions of W1 between two samples of it
    clipped: Judged
    penalised: Judged
    points: Tensor  # some real points, (N, 2)


def judged(
    density: Distribution,  # real
    generator: Mapping[str, Any],  # description of the generator of the fake distribution
    how: Training,
    grid: Tensor,  # points (N, D) at which the slope is measured
    seed: int,
    clip: float | None = None,  # c
    gradient_penalty: float | None = None,  # lambda
) -> Judged:
    """Train a critic, and measure its difference on fresh samples and its largest slope on a grid."""
    model = against(generator, "WASSERSTEIN", how.hidden, how.rate, how.critic_steps, clip, gradient_penalty, how.betas)
    gan = trained_critic(model, prepared(density, "real", how.points, seed), how.turns, how.batch_size, seed)
    random = torch.Generator().manual_seed(mix(seed, 1))
    real = images_of(density.sample(JUDGED, random), density.extent)
    with torch.no_grad():
        fake = gan.generator(torch.randn(JUDGED, gan.latent_size, generator=random))
        difference = float(wasserstein(gan.critic(real), gan.critic(fake))) * density.extent
    return Judged(gan, difference, float(slopes(gan.critic, images_of(grid, density.extent)).max()))


def best(starts: Sequence[Judged]) -> Judged:
    """The critic with the largest difference, which is what critics maximise."""
    return max(starts, key=lambda each: each.difference)

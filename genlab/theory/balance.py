"""Critic steps and learning rates: what they do to the bias of V and to the modes caught."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple, cast

import numpy as np
import torch
from torch.nn.functional import logsigmoid

from genlab.densities.base import images_of, points_of
from genlab.densities.gaussians import Gaussians
from genlab.densities.quadrature import Nodes, jensen_shannon, nodes
from genlab.densities.sets import prepared
from genlab.engine.recipe import Recipe
from genlab.engine.seeding import mix
from genlab.metrics.modes import caught_modes
from genlab.networks import known
from genlab.pictures.draw import plotted
from genlab.recipes.gan import GAN
from genlab.theory.checks import check_filled, check_positive
from genlab.theory.claim import Claim, Measurement, Picture, Table
from genlab.theory.drawing import curves
from genlab.theory.training import trained

WATCHED = 25  # times that V is measured in a training
LATER = 0.5  # share of the training after which they count
SAMPLES = 2000  # for the modes caught


class Setting(NamedTuple):
    """How critic and generator are balanced."""

    steps: int  # k, critic steps per turn
    ratio: float  # learning rate of the critic, relative to that of the generator


class Found(NamedTuple):
    """What one training came to."""

    bias: float  # mean of 2 JSD - log 4 - V over the second half of the training
    divergence: float  # JSD of the trained generator from the truth, nats
    modes: float  # modes caught by it


class Balance:
    """Trains a generator whose density is known at every step, with several balances of critic and generator."""

    def __init__(
        self,
        density: Gaussians,  # real distribution in the plane
        steps: list[int],  # k, with equal learning rates
        ratios: list[float],  # of the learning rates, with k = 1
        seeds: int = 3,
        turns: int = 500,
        batch_size: int = 128,
        rate: float = 4.0e-3,  # learning rate of the generator
        hidden: list[int] | None = None,  # units per hidden layer of the critic; None: two layers of 64
        side: int = 81,  # nodes of the quadrature per coordinate
    ):
        check_filled({"steps": steps}, least=1)
        check_filled({"ratios": ratios})
        check_positive({"seeds": seeds, "turns": turns, "batch_size": batch_size, "rate": rate})
        self.density, self.steps, self.ratios, self.seeds = density, steps, ratios, seeds
        self.turns, self.batch_size, self.rate, self.hidden, self.side = turns, batch_size, rate, hidden or [64, 64], side

    def measure(self, seed: int) -> Claim:
        """Measure the claim."""
        plane = nodes(self.density.extent + 1, self.side)
        settings = list(dict.fromkeys([*(Setting(steps, 1.0) for steps in self.steps), *(Setting(1, ratio) for ratio in self.ratios)]))
        found = {each: [self.train(each, mix(seed, number) % 2**31, plane) for number in range(self.seeds)] for each in settings}
        by_steps, by_ratio = [each for each in settings if each.ratio == 1], sorted(each for each in settings if each.steps == 1)
        return Claim(
            "Critic steps and learning rates",
            STATEMENT.format(turns=self.turns, batch=self.batch_size, rate=self.rate, seeds=self.seeds, modes=len(self.density.modes)),
            r"V(D, G) \le V(D^*, G) = 2\,\mathrm{JSD}(p, q) - \log 4",
            "Goodfellow et al. 2014 (arXiv:1406.2661), algorithm 1 and theorem 1; Heusel et al. 2017 (arXiv:1706.08500), section 2",
            tuple(self.measured(found, by_steps, by_ratio)),
            (finding(found, by_steps, "critic steps"), finding(found, by_ratio, "ratio of the learning rates")),
            (table(found),),
            {"balance": picture(found, by_steps, by_ratio)},
        )

    def train(self, setting: Setting, seed: int, plane: Nodes) -> Found:
        """Train under one setting and seed."""
        truth, extent = self.density.log_prob(plane.points), self.density.extent
        gaps: list[float] = []

        def watch(turns: int, recipe: Recipe) -> None:
            if turns < LATER * self.turns:
                return
            fakes = density_of(cast(GAN, recipe), extent, self.density.deviation).log_prob(plane.points)
            with torch.no_grad():
                logits = cast(GAN, recipe).critic(images_of(plane.points, extent)).double()
            value = plane.expectation(truth, logsigmoid(logits)) + plane.expectation(fakes, logsigmoid(-logits))
            gaps.append(2 * jensen_shannon(truth, fakes, plane) - math.log(4) - value)

        images = prepared(self.density, "real", 20_000, seed)
        result = trained(self.model(setting, seed), images, self.turns, self.batch_size, seed, watch, max(1, self.turns // WATCHED))
        recipe = cast(GAN, result.recipe)
        fakes = density_of(recipe, extent, self.density.deviation)
        latents = torch.randn(SAMPLES, recipe.latent_size, generator=torch.Generator().manual_seed(mix(seed, 1)))
        points = points_of(recipe.sample(latents), extent)
        caught = caught_modes(points, self.density.modes, self.density.deviation).caught
        return Found(float(np.mean(gaps)), jensen_shannon(truth, fakes.log_prob(plane.points), plane), float(caught))

    def model(self, setting: Setting, seed: int) -> dict[str, Any]:
        """Description of the GAN: a mixture with as many learnable means as there are modes, all near the origin."""
        extent = self.density.extent
        means = 0.3 * torch.randn(len(self.density.modes), self.density.dimensions, generator=torch.Generator().manual_seed(mix(seed, 2)))
        return {
            "class": "genlab.recipes.gan.GAN",
            "loss": {"class": "genlab.losses.adversarial.NON_SATURATING"},
            "generator": {
                "class": "genlab.networks.known.Gaussians",
                "means": (means / extent).tolist(),
                "deviation": self.density.deviation / extent,
            },
            "critic": {"class": "genlab.networks.points.Critic", "dimensions": self.density.dimensions, "hidden": self.hidden},
            "generator_optimizer": adam(self.rate),
            "critic_optimizer": adam(self.rate * setting.ratio),
            "critic_steps": setting.steps,
        }

    @staticmethod
    def measured(found: "Results", by_steps: Sequence[Setting], by_ratio: Sequence[Setting]) -> list[Measurement]:
        """The bias is never negative; more critic steps and a faster critic reduce it."""
        smallest = min(each.bias for some in found.values() for each in some)
        first, last = by_steps[0], by_steps[-1]
        slow, fast = min(by_ratio, key=lambda each: each.ratio), max(by_ratio, key=lambda each: each.ratio)
        return [
            Measurement("smallest bias, nats: V never exceeds that of the optimal critic", 0.0, smallest, 1e-3, ">=", "quadrature"),
            Measurement(f"bias with k = {last.steps}, relative to k = {first.steps}", 1.0, ratio_of(found, last, first), 0.0, "<="),
            Measurement(
                f"bias with a ratio of {fast.ratio:g}, relative to a ratio of {slow.ratio:g}", 1.0, ratio_of(found, fast, slow), 0.0, "<="
            ),
        ]


Results = dict[Setting, list[Found]]

STATEMENT = """The generator is a mixture of {modes} Gaussians whose means it learns, so that its density $q$ is known at every step. The
critic of a training lags behind the optimal one: its $V$ is too low. The bias $V(D^*, G) - V(D, G)$ is measured by quadrature, averaged
over the second half of the training. More critic steps $k$ per turn, and a higher learning rate of the critic, should keep it closer to
its optimum. A divergence that is logged while training has this bias. Settings: {turns} turns with batches of {batch}, learning rate of
the generator {rate:g}, {seeds} seeds."""


def adam(rate: float) -> dict[str, Any]:
    """Adam with this learning rate."""
    return {"class": "torch.optim.Adam", "partial": True, "lr": rate, "betas": [0.5, 0.9]}


def density_of(recipe: GAN, extent: float, deviation: float) -> Gaussians:
    """The density of the generator as it is, in the coordinates of points."""
    means = cast(known.Gaussians, recipe.generator).means.detach().double()
    return Gaussians((means * extent).tolist(), deviation)


def mean(found: Results, setting: Setting, name: str) -> float:
    """Mean of a value over seeds."""
    return float(np.mean([getattr(each, name) for each in found[setting]]))


def ratio_of(found: Results, above: Setting, below: Setting) -> float:
    """Mean bias of one setting relative to that of another."""
    return mean(found, above, "bias") / mean(found, below, "bias")


def finding(found: Results, settings: Sequence[Setting], what: str) -> str:
    """How bias and modes change over the settings, in words."""
    biases, modes = ([mean(found, each, name) for each in settings] for name in ("bias", "modes"))
    falling = all(later <= earlier for earlier, later in pairwise(biases))
    shape = "falls throughout" if falling else "does not fall throughout"
    best = settings[int(np.argmin([mean(found, each, "divergence") for each in settings]))]
    value = best.steps if what == "critic steps" else best.ratio
    return (
        f"**{what.capitalize()}**: the bias {shape}, from {biases[0]:.3f} to {biases[-1]:.3f} nats. Modes caught on average: "
        f"{', '.join(f'{each:.1f}' for each in modes)}. The generator is closest to the truth (JSD) at {value:g}."
    )


def table(found: Results) -> Table:
    """All settings, mean ± standard deviation over seeds."""
    rows = []
    for setting, each in found.items():
        cells = [np.array([getattr(one, name) for one in each]) for name in Found._fields]
        shown = [f"{values.mean():.3f} ± {values.std(ddof=1) if len(values) > 1 else 0:.3f}" for values in cells[:2]]
        modes = f"{cells[2].mean():.1f} ± {cells[2].std(ddof=1) if len(each) > 1 else 0:.1f}"
        rows.append((f"k = {setting.steps}, ratio {setting.ratio:g}", *shown, modes))
    return Table(
        "By balance, mean ± standard deviation over seeds", ("setting", "bias of V, nats", "JSD at the end, nats", "modes"), tuple(rows)
    )


def picture(found: Results, by_steps: Sequence[Setting], by_ratio: Sequence[Setting]) -> Picture:
    """Bias and divergence over both settings."""
    plots = []
    for settings, x, of in ((by_steps, "critic steps k", "steps"), (by_ratio, "ratio of the learning rates", "ratio")):
        ordered = sorted(settings, key=lambda each: (each.steps, each.ratio))
        lines = {
            "bias of V": [mean(found, each, "bias") for each in ordered],
            "JSD at the end": [mean(found, each, "divergence") for each in ordered],
        }
        plots.append(curves([getattr(each, of) for each in ordered], lines, x, "nats", xscale="log"))
    caption = "Bias of the critic's V, and divergence of the trained generator, against the balance of the two networks."
    return Picture(caption, (plotted(*plots, width=5.2, height=3.2),))

"""The gradient of the minimax generator vanishes when the critic wins; that of the non-saturating one does not."""

from collections.abc import Mapping
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor

from genlab.densities.base import Distribution
from genlab.densities.sets import prepared
from genlab.engine.recipe import Recipe
from genlab.engine.seeding import mix
from genlab.losses.adversarial import HINGE, LEAST_SQUARES, MINIMAX, NON_SATURATING, WASSERSTEIN, AdversarialLoss
from genlab.pictures.draw import plotted
from genlab.recipes.gan import GAN
from genlab.theory.between import SEPARATELY
from genlab.theory.checks import check_positive
from genlab.theory.claim import Claim, Measurement, Picture, Table
from genlab.theory.drawing import curves
from genlab.theory.training import trained

LOSSES: Mapping[str, AdversarialLoss] = {
    "minimax": MINIMAX,
    "non-saturating": NON_SATURATING,
    "least squares": LEAST_SQUARES,
    "hinge": HINGE,
    "Wasserstein": WASSERSTEIN,
}
LOGITS = (-20.0, -5.0, 0.0, 5.0)  # at which the slopes are compared with the closed forms
FAKES = 1024  # samples over which gradients are averaged


class Moment(NamedTuple):
    """The generator's gradients at one moment of the critic's training."""

    steps: int  # of the critic
    fooled: float  # mean D(G(z))
    norms: dict[str, float]  # loss -> norm of its gradient with respect to the generator's parameters


class Saturation:
    """Trains a critic against a generator that does not learn, and measures the gradient that each loss would give the generator."""

    def __init__(
        self,
        density: Distribution,  # of the real samples
        steps: int = 1000,  # of the critic
        batch_size: int = 256,
        hidden: list[int] | None = None,  # units per hidden layer of both networks; None: two layers of 128
    ):
        check_positive({"steps": steps, "batch_size": batch_size})
        self.density, self.steps, self.batch_size, self.hidden = density, steps, batch_size, hidden or [128, 128]

    def measure(self, seed: int) -> Claim:
        """Measure the claim."""
        moments: list[Moment] = []

        def watch(turns: int, recipe: Recipe) -> None:
            moments.append(moment(cast(GAN, recipe), turns * SEPARATELY, mix(seed, 3)))

        images = prepared(self.density, "real", 50_000, seed)
        trained(self.model(), images, max(1, self.steps // SEPARATELY), self.batch_size, seed, watch, watch_every=1)
        early, late = moments[0], moments[-1]
        return Claim(
            "The minimax generator saturates",
            STATEMENT,
            r"\nabla_\theta \log(1 - D(G(z))) = -D(G(z))\, \nabla_\theta\, l, \quad "
            r"\nabla_\theta (-\log D(G(z))) = -(1 - D(G(z)))\, \nabla_\theta\, l, \quad D = \sigma(l)",
            "Goodfellow et al. 2014 (arXiv:1406.2661), section 3; Arjovsky and Bottou 2017 (arXiv:1701.04862), theorem 2.4",
            (*slopes(), *shrinkage(early, late)),
            self.findings(early, late),
            (table(moments),),
            {"gradients": picture(moments)},
        )

    def model(self) -> dict[str, Any]:
        """Description of a GAN whose generator does not learn."""
        return {
            "class": "genlab.recipes.gan.GAN",
            "loss": {"class": "genlab.losses.adversarial.NON_SATURATING"},
            "generator": {"class": "genlab.networks.points.Generator", "dimensions": self.density.dimensions, "hidden": self.hidden},
            "critic": {"class": "genlab.networks.points.Critic", "dimensions": self.density.dimensions, "hidden": self.hidden},
            "generator_optimizer": {"class": "torch.optim.SGD", "partial": True, "lr": 0.0},
            "critic_optimizer": {"class": "torch.optim.Adam", "partial": True, "lr": 1.0e-3, "betas": [0.5, 0.999]},
            "critic_steps": SEPARATELY,
        }

    @staticmethod
    def findings(early: Moment, late: Moment) -> tuple[str, ...]:
        """What the gradients show, in words."""
        shares = {name: late.norms[name] / early.norms[name] for name in LOSSES}
        others = ", ".join(f"{name} {share:.2g}" for name, share in shares.items() if name != "minimax")
        return (
            f"After {late.steps:,} steps of the critic, $D(G(z))$ is {late.fooled:.1g} on average, and the minimax gradient has "
            f"{shares['minimax']:.2g} of its first norm. The other losses, each norm relative to its first: {others}. The critic's own "
            "slope changes while it trains and multiplies all of these norms; only minimax adds a factor that goes to 0.",
        )


STATEMENT = """The generator does not learn here, and the critic is trained against it, so that it wins. From time to time the gradient
that each loss would give the generator is computed: its norm over all parameters of the generator, against the mean of $D(G(z))$. All
losses are evaluated on this one critic, which minimises binary cross-entropy; a critic trained with its own loss would have other slopes.

The slopes of the two losses with respect to the logit $l$ have closed forms, which the first rows compare with automatic
differentiation."""


def moment(recipe: GAN, steps: int, seed: int) -> Moment:
    """Measure the gradients of all losses with respect to the generator's parameters, for the critic as it is."""
    generator = torch.Generator().manual_seed(seed)
    fakes = recipe.generator(torch.randn(FAKES, recipe.latent_size, generator=generator))
    logits = recipe.critic(fakes)
    parameters = list(recipe.generator.parameters())
    norms = {}
    for name, loss in LOSSES.items():
        gradients = torch.autograd.grad(loss.generator(logits, no_real).mean(), parameters, retain_graph=True)
        norms[name] = float(torch.nn.utils.get_total_norm(gradients))
    return Moment(steps, float(logits.detach().sigmoid().mean()), norms)


def no_real() -> Tensor:
    """Stand-in for the real logits, which none of these losses uses."""
    raise AssertionError("none of these losses uses real logits")


def slopes() -> list[Measurement]:
    """Slopes of the two losses at several logits, by automatic differentiation, against the closed forms."""
    found = []
    for logit in LOGITS:
        at = torch.tensor(logit, dtype=torch.float64, requires_grad=True)
        share = float(at.detach().sigmoid())
        for name, expected in (("minimax", -share), ("non-saturating", share - 1)):
            (slope,) = torch.autograd.grad(LOSSES[name].generator(at, no_real), at)
            found.append(Measurement(f"slope of {name} at $l = {logit:g}$", expected, float(slope), 1e-12))
    return found


def shrinkage(early: Moment, late: Moment) -> list[Measurement]:
    """Whether the gradients vanish, as a share of their first norm."""
    shares = {name: late.norms[name] / early.norms[name] for name in LOSSES}
    return [
        Measurement("mean $D(G(z))$ when the critic has won", 0.01, late.fooled, relation="<="),
        Measurement("minimax: last norm of the gradient, relative to the first", 0.1, shares["minimax"], relation="<="),
        Measurement("non-saturating: last norm, relative to the first", 1.0, shares["non-saturating"], relation=">="),
        Measurement(
            "last norms, minimax relative to non-saturating", 0.01, late.norms["minimax"] / late.norms["non-saturating"], relation="<="
        ),
        Measurement("first norms, minimax relative to non-saturating", 1.0, early.norms["minimax"] / early.norms["non-saturating"], 0.2),
    ]


def table(moments: list[Moment]) -> Table:
    """A few moments, from early to late."""
    chosen = sorted({round(index * (len(moments) - 1) / 5) for index in range(6)})
    rows = [
        (f"{each.steps:,}", f"{each.fooled:.2g}", *(f"{norm:.2g}" for norm in each.norms.values()))
        for each in map(moments.__getitem__, chosen)
    ]
    columns = ("critic steps", "mean D(G(z))", *LOSSES)
    return Table("Norm of the generator's gradient, by loss", columns, tuple(rows))


def picture(moments: list[Moment]) -> Picture:
    """Gradient norms against D(G(z)), on logarithmic axes."""
    lines = {name: [each.norms[name] for each in moments] for name in LOSSES}
    over = [each.fooled for each in moments]
    settings = {"xscale": "log", "yscale": "log"}
    plot = curves(over, lines, "mean D(G(z))", "norm of the generator's gradient", "late (left) to early (right)", **settings)
    falling = [name for name, norms in lines.items() if norms[-1] < norms[0] / 2]
    caption = (
        f"The critic wins from right to left. Losses whose gradient is less than half as large at the end: {', '.join(falling) or 'none'}."
    )
    return Picture(caption, (plotted(plot, width=8, height=4.4),))

"""The optimal critic between two known densities."""

from typing import NamedTuple

import torch
from PIL import Image
from torch import Tensor

from genlab.densities.base import Density
from genlab.densities.gaussians import Gaussians
from genlab.densities.quadrature import Nodes, nodes
from genlab.engine.seeding import mix
from genlab.pictures.draw import plotted
from genlab.theory.between import Logits, critic_between
from genlab.theory.checks import check_positive
from genlab.theory.claim import Claim, Measurement, Picture
from genlab.theory.drawing import field

NEGLIGIBLE = 1.0e-2  # density of (p + q) / 2, relative to its maximum, below which the largest error is not taken
LEVELS = (0.1, 0.3, 0.5, 0.7, 0.9)
SHOWN = 400  # points of each distribution in pictures


class Field(NamedTuple):
    """Two densities at the nodes of a quadrature, and the optimal critic between them."""

    plane: Nodes
    p: Tensor  # log-densities, (N,)
    q: Tensor

    @property
    def optimal(self) -> Tensor:
        """D*(x) = p(x) / (p(x) + q(x)), (N,)."""
        return torch.sigmoid(self.p - self.q)

    @property
    def mixture(self) -> Tensor:
        """(p(x) + q(x)) / 2, (N,)."""
        return (self.p.exp() + self.q.exp()) / 2


def field_of(p: Density, q: Gaussians, side: int) -> Field:
    """Densities of p and q over a box that holds both."""
    plane = nodes(max(p.extent, q.extent), side)
    return Field(plane, p.log_prob(plane.points), q.log_prob(plane.points))


class OptimalCritic:
    """Trains a critic between two densities in the plane, and compares it with p / (p + q)."""

    def __init__(
        self,
        density: Density,  # p, of the real samples
        means: list[list[float]],  # of q, a mixture with equal weights
        deviation: float,  # of q
        steps: int = 4000,  # of the critic
        batch_size: int = 512,
        side: int = 121,  # nodes of the quadrature per coordinate
        frames: int = 24,  # of the animation
    ):
        check_positive({"steps": steps, "batch_size": batch_size, "frames": frames})
        self.p, self.q = density, Gaussians(means, deviation)
        self.steps, self.batch_size, self.side, self.frames = steps, batch_size, side, frames

    def measure(self, seed: int) -> Claim:
        """Measure the claim."""
        known = field_of(self.p, self.q, self.side)
        errors: list[tuple[int, float]] = []
        pictures: list[Image.Image] = []
        points = [(each.sample(SHOWN, torch.Generator().manual_seed(mix(seed, 2))), colour) for each, colour in self.shown()]

        def watch(steps: int, critic: Logits) -> None:
            found = critic(known.plane.points).sigmoid()
            errors.append((steps, mean_error(known, found)))
            title = f"D after {steps:,} steps"
            pictures.append(plotted(field(known.plane, found, title, 0, 1, lines=LEVELS, points=points, bar=False), width=4.2, height=4.2))

        critic = critic_between(
            self.p, self.q, self.steps, self.batch_size, seed, watch=watch, watch_every=max(1, self.steps // self.frames)
        )
        found = critic(known.plane.points).sigmoid()
        inside = known.mixture > NEGLIGIBLE * known.mixture.max()
        largest = float((found - known.optimal).abs()[inside].max())
        undecided = known.plane.integral(known.mixture * (0.5 - known.optimal).abs())
        measurements = (
            Measurement(
                r"mean of $\lvert D - D^* \rvert$ under $(p + q) / 2$", 0, mean_error(known, found), 0.02, reason="finite training"
            ),
            Measurement(
                r"largest $\lvert D - D^* \rvert$ where the density is at least a hundredth of its maximum",
                0,
                largest,
                0.1,
                reason="finite training, few samples there",
            ),
        )
        return Claim(
            "The optimal critic is p / (p + q)",
            STATEMENT,
            r"D^*(x) = \frac{p(x)}{p(x) + q(x)}",
            "Goodfellow et al. 2014 (arXiv:1406.2661), proposition 1",
            measurements,
            (
                f"An undecided critic, $D = 1/2$, has a mean error of {undecided:.3f}; training reduces it to "
                f"{measurements[0].measured:.4f}. The largest error is {largest:.2f}: it lies where both densities are small, so that few "
                "samples fall there and the loss hardly depends on it. Far from all samples, training does not determine the critic.",
            ),
            pictures={"critic": self.picture(known, found), "training": Picture(MOVING, tuple(pictures))},
        )

    def shown(self) -> list[tuple[Density, str]]:
        """The densities whose samples pictures show, with their colours."""
        return [(self.p, "black"), (self.q, "#009E73")]

    @staticmethod
    def picture(known: Field, found: Tensor) -> Picture:
        """The trained critic, the optimal one, and their difference."""
        plots = (
            field(known.plane, found, "trained D", 0, 1, lines=LEVELS),
            field(known.plane, known.optimal, "D* = p / (p + q)", 0, 1, lines=LEVELS),
            field(known.plane, found - known.optimal, "difference", -0.3, 0.3, "PuOr"),
        )
        caption = "The trained critic next to the closed form, with lines at 0.1, 0.3, 0.5, 0.7 and 0.9, and their difference."
        return Picture(caption, (plotted(*plots, width=3.6, height=3.2),))


MOVING = "The critic while it is trained: its level sets settle around the real samples (black), away from the generated ones (green)."
STATEMENT = """For a fixed generator with the density $q$, no critic has a lower loss than $D^*$. The generator here is a mixture of
Gaussians that does not learn, so that $q$ is known, and the critic is trained with the library's loss until its learning rate has decayed
to 0. Errors are integrals over the plane by the trapezoidal rule."""


def mean_error(known: Field, found: Tensor) -> float:
    """Mean of |D - D*| under (p + q) / 2."""
    return known.plane.integral(known.mixture * (found - known.optimal).abs())

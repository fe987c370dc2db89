"""The least-squares GAN minimises a Pearson chi-square divergence."""

from collections.abc import Sequence
from itertools import pairwise

import torch

from genlab.densities.gaussians import Gaussians
from genlab.densities.quadrature import nodes
from genlab.engine.seeding import mix
from genlab.pictures.draw import plotted
from genlab.theory.between import critic_between
from genlab.theory.checks import check_filled, check_positive
from genlab.theory.claim import Claim, Measurement, Picture, Table
from genlab.theory.drawing import curves
from genlab.theory.optimal_critic import Field


class LeastSquares:
    """Computes the generator's objective at the optimal critic by quadrature, in closed form and for a trained critic."""

    def __init__(
        self,
        distances: list[float],  # between the means of p and q, in deviations
        steps: int = 2000,  # of each critic
        batch_size: int = 512,
        side: int = 161,  # nodes of the quadrature per coordinate
    ):
        check_filled({"distances": distances})
        check_positive({"steps": steps, "batch_size": batch_size})
        self.distances, self.steps, self.batch_size, self.side = distances, steps, batch_size, side

    def measure(self, seed: int) -> Claim:
        """Measure the claim."""
        rows, measurements = [], []
        for number, distance in enumerate(self.distances):
            p, q = Gaussians([(-distance / 2, 0.0)], 1.0), Gaussians([(distance / 2, 0.0)], 1.0)
            plane = nodes(max(p.extent, q.extent) + 2, self.side)
            known = Field(plane, p.log_prob(plane.points), q.log_prob(plane.points))
            pearson = chi_square(known)
            paper = 2 * objective(known, -1, 1, 0)
            ours = 2 * objective(known, 0, 1, 1)
            critic = critic_between(p, q, self.steps, self.batch_size, mix(seed, number) % 2**31, loss="LEAST_SQUARES")(plane.points)
            error = float(plane.integral(known.mixture * (critic - known.optimal).square()))
            by_critic = by_trained(known, critic)
            rows.append((distance, pearson, paper, ours, by_critic))
            measurements += [
                Measurement(f"2 C(G) with a, b, c = -1, 1, 0, at distance {distance:g}", pearson, paper, 1e-9, reason="quadrature"),
                Measurement(
                    f"2 C(G) with a, b, c = 0, 1, 1, at distance {distance:g}", second_form(known), ours, 1e-9, reason="quadrature"
                ),
                Measurement(f"the same with the trained critic, at distance {distance:g}", ours, by_critic, 0.03, reason="finite training"),
                Measurement(f"mean square of $D - D^*$ at distance {distance:g}", 0, error, 0.002, reason="finite training"),
            ]
        return Claim(
            "Least squares minimise a Pearson chi-square divergence",
            STATEMENT,
            r"2\,C(G) = \int \frac{\big(2 q(x) - (p(x) + q(x))\big)^2}{p(x) + q(x)}\,dx = \chi^2_{\mathrm{Pearson}}(p + q \,\Vert\, 2 q) "
            r"\quad \text{for } b - c = 1,\; b - a = 2",
            "Mao et al. 2016 (arXiv:1611.04076), equations 5 to 8",
            tuple(measurements),
            (self.finding(rows),),
            (table(rows),),
            {"divergence": picture(rows)},
        )

    @staticmethod
    def finding(rows: Sequence[Sequence[float]]) -> str:
        """What the two codings have in common, in words."""
        rising = all(later[column] > earlier[column] for column in (2, 3) for earlier, later in pairwise(rows))
        same = "Both rise with the distance" if rising else "They do not both rise with the distance"
        return (
            f"{same}, and are 0 and 1/2 at $p = q$. The library's coding, a, b, c = 0, 1, 1, is that of the paper's experiments "
            "(equation 9). The equality with $\\chi^2$ is not claimed for it: its divergence is the closed form of the second rows. The "
            "library's generator omits the factor 1/2, which changes no minimum. Both are bounded, and flat at large distances "
            "like the Jensen-Shannon divergence. The gradient through a trained critic is another matter."
        )


STATEMENT = r"""With targets $a$ for fakes, $b$ for real images and $c$ for the generator, the optimal critic is
$D^*(x) = (b\,p(x) + a\,q(x)) / (p(x) + q(x))$. Inserted into the generator's objective
$C(G) = \frac{1}{2}\mathbb{E}_p[(D^* - c)^2] + \frac{1}{2}\mathbb{E}_q[(D^* - c)^2]$
it gives the equation above; the first term does not depend on the generator. For $a, b, c = 0, 1, 1$ the same steps give
$2\,C(G) = \int q^2 / (p + q)\,dx$.

Integrals are over the plane, by quadrature; both densities are Gaussians with a deviation of 1. The coding $-1, 1, 0$ is computed with
$D^*$ only; a critic is trained with the library's coding, $0, 1, 1$."""


def optimal(known: Field, a: float, b: float) -> torch.Tensor:
    """The optimal critic (b p + a q) / (p + q), (N,)."""
    return b * known.optimal + a * (1 - known.optimal)


def objective(known: Field, a: float, b: float, c: float) -> float:
    """C(G) at the optimal critic: 1/2 E_p (D* - c)^2 + 1/2 E_q (D* - c)^2."""
    squares = (optimal(known, a, b) - c).square()
    return (known.plane.expectation(known.p, squares) + known.plane.expectation(known.q, squares)) / 2


def by_trained(known: Field, critic: torch.Tensor) -> float:
    """2 C(G) of the library's coding, with the values of a trained critic at the nodes, (N,)."""
    squares = (critic - 1).square()
    return known.plane.expectation(known.p, squares) + known.plane.expectation(known.q, squares)


def chi_square(known: Field) -> float:
    """Pearson chi-square divergence of p + q from 2 q: integral of (2 q - (p + q))^2 / (p + q) = (q - p)^2 / (p + q)."""
    p, q = known.p.exp(), known.q.exp()
    return known.plane.integral((q - p).square() / (p + q).clamp(min=1e-300))


def second_form(known: Field) -> float:
    """Integral of q^2 / (p + q): 2 C(G) for a, b, c = 0, 1, 1."""
    p, q = known.p.exp(), known.q.exp()
    return known.plane.integral(q.square() / (p + q).clamp(min=1e-300))


def table(rows: Sequence[Sequence[float]]) -> Table:
    """All values by distance."""
    columns = ("distance", "chi-square", "2 C(G), a b c = -1 1 0", "2 C(G), a b c = 0 1 1", "the same, trained critic")
    return Table(
        "Values by distance between the means", columns, tuple((f"{row[0]:g}", *(f"{each:.4f}" for each in row[1:])) for row in rows)
    )


def picture(rows: Sequence[Sequence[float]]) -> Picture:
    """The objectives over the distance."""
    over, pearson, paper, ours, trained = zip(*rows, strict=True)
    lines = {"chi-square": pearson, "2 C(G), a b c = -1 1 0": paper, "2 C(G), a b c = 0 1 1": ours, "the same, trained critic": trained}
    plot = curves(over, lines, "distance between the means, deviations", "objective", dashed=("chi-square",))
    return Picture("The generator's objective at the optimal critic.", (plotted(plot, width=8, height=3.4),))

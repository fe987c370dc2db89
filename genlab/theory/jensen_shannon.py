"""The value of the game at the optimal critic is the Jensen-Shannon divergence, up to constants."""

import math
from collections.abc import Sequence

from torch.nn.functional import logsigmoid

from genlab.densities.gaussians import Gaussians
from genlab.densities.quadrature import jensen_shannon, nodes
from genlab.engine.seeding import mix
from genlab.pictures.draw import plotted
from genlab.theory.between import critic_between
from genlab.theory.checks import check_filled, check_positive
from genlab.theory.claim import Claim, Measurement, Picture, Table
from genlab.theory.drawing import curves

LOG_4 = math.log(4)


class JensenShannon:
    """Trains a critic between two Gaussians in the plane at several distances, and compares V with 2 JSD - log 4."""

    def __init__(
        self,
        distances: list[float],  # between the means, in deviations
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
            logs = p.log_prob(plane.points), q.log_prob(plane.points)
            divergence = jensen_shannon(*logs, plane)
            critic = critic_between(p, q, self.steps, self.batch_size, mix(seed, number) % 2**31)
            logits = critic(plane.points)
            value = plane.expectation(logs[0], logsigmoid(logits)) + plane.expectation(logs[1], logsigmoid(-logits))
            mean = plane.integral((logs[0].exp() + logs[1].exp()) / 2 * logits.sigmoid())
            rows.append((distance, divergence, 2 * divergence - LOG_4, value, mean))
            measurements += self.measured(distance, divergence, value, mean)
        return Claim(
            "The value of the game is 2 JSD - log 4",
            STATEMENT,
            r"V(D^*, G) = \mathbb{E}_{p}[\log D^*(x)] + \mathbb{E}_{q}[\log(1 - D^*(x))] = 2\,\mathrm{JSD}(p, q) - \log 4",
            "Goodfellow et al. 2014 (arXiv:1406.2661), theorem 1",
            tuple(measurements),
            (self.finding(rows),),
            (self.table(rows),),
            {"distances": self.picture(rows)},
        )

    @staticmethod
    def measured(distance: float, divergence: float, value: float, mean: float) -> list[Measurement]:
        """The measured values at one distance. At distance 0 the critic can only be undecided."""
        found = [Measurement(f"$V$ at distance {distance:g}", 2 * divergence - LOG_4, value, 0.02, reason="finite training")]
        if distance == 0:
            found.append(Measurement("mean $D$ at $p = q$", 0.5, mean, 0.02, reason="finite training"))
        return found

    @staticmethod
    def finding(rows: Sequence[tuple[float, ...]]) -> str:
        """Whether the trained critics stay below the theory's value, in words."""
        above = [row for row in rows if row[3] > row[2] + 1e-9]
        largest = max(row[2] - row[3] for row in rows)
        if above:
            return f"{len(above)} of {len(rows)} values are above the theory's, which no critic can reach: an error of the quadrature."
        return (
            f"Every measured value is below the theory's, by at most {largest:.4f}: the optimal critic has the largest $V$, so that a "
            "trained one gives a lower bound of the divergence. A training logs this bound as `jsd`, with its critic of that moment."
        )

    @staticmethod
    def table(rows: Sequence[tuple[float, ...]]) -> Table:
        """All values by distance."""
        cells = [(f"{row[0]:g}", *(f"{value:.4f}" for value in row[1:])) for row in rows]
        columns = ("distance", "JSD, nats", "2 JSD - log 4", "V of the trained critic", "mean D")
        return Table("Values by distance between the means", columns, tuple(cells), "JSD is at most log 2 = 0.6931.")

    @staticmethod
    def picture(rows: Sequence[tuple[float, ...]]) -> Picture:
        """Theory and measurement over the distance."""
        over, _, theory, measured, _ = zip(*rows, strict=True)
        lines = {"2 JSD - log 4": theory, "V of the trained critic": measured}
        plot = curves(over, lines, "distance between the means, deviations", "V, nats", dashed=("2 JSD - log 4",))
        return Picture("The value of the game rises from $-\\log 4$ to 0 as the densities separate.", (plotted(plot, width=7, height=3.4),))


STATEMENT = """With the optimal critic, the value $V$ of the game is twice the Jensen-Shannon divergence of $p$ and $q$, minus $\\log 4$.
Here both are Gaussians in the plane with a deviation of 1. The divergence is computed by quadrature. $V$ is that of a critic that was
trained on samples, with its expectations by quadrature as well. At $p = q$ the optimal critic is $1/2$ everywhere, and
$V = -\\log 4 = -1.386$."""

"""The difference of a Wasserstein critic against the exact distance, with weight clipping and with the gradient penalty."""

import math
from collections.abc import Mapping, Sequence

import torch

from genlab.densities.base import Distribution, points_of
from genlab.densities.gaussians import Gaussians, on_line
from genlab.densities.quadrature import nodes
from genlab.engine.seeding import mix
from genlab.errors import InputError
from genlab.theory.claim import Claim, Measurement, Picture
from genlab.theory.gaussian_critic import SHOWN, Optimum, penalised_optimum, wasserstein_of_normals
from genlab.theory.transport import wasserstein_1
from genlab.theory.wasserstein_critics import InPlane, Judged, OnLine, Training, best, judged
from genlab.theory.wasserstein_pictures import histograms, level_sets, over_lambda, weights_of
from genlab.theory.wasserstein_words import (
    EQUATION,
    HISTOGRAMS,
    LAMBDA,
    LEVELS,
    STATEMENT,
    findings,
    lambda_table,
    line_table,
    plane_table,
)

GRID = 1001  # places on the line, at which slopes are measured
SIDE = 101  # places per coordinate of the plane
SEEN = 1.2  # half the side of the square in the plane in which slopes are measured, in extents
SAMPLING = 0.03  # four standard errors of a difference of means over 20,000 samples, for slopes of 1 and deviations up to 1
EDGE = 0.99  # a weight is at the edge from this share of the largest one on
DRAWN = 400  # real points in the picture


class Wasserstein:
    """Compares critics with weight clipping and with the gradient penalty with exact Wasserstein-1 distances.

    Raises:
        InputError: the weight of the penalty or the middle distance is not among those measured.
    """

    def __init__(
        self,
        density: Distribution,  # real distribution in the plane: a mixture of Gaussians with equal weights
        noise: float = 1.0,  # deviation of the noise that makes generated points from real ones, as in arXiv:1704.00028, figure 1a
        distances: Sequence[float] = (0.5, 1.0, 2.0),  # |mu_1 - mu_2| on the line
        deviation: float = 0.5,  # of both normal distributions on the line
        clip: float = 0.1,  # c
        lambdas: Sequence[float] = (0.1, 1.0, 10.0, 100.0),  # weights of the penalty
        gradient_penalty: float = 10.0,  # the weight at which all distances are measured
        shown: float = 1.0,  # the distance at which all weights are measured
        starts: int = 2,  # initial critics on the line with the penalty, of which the best is reported
        transported: int = 2000,  # samples of each distribution in optimal transport
        points: int = 8192,  # training samples of the real distribution
        turns: int = 30,  # on the line
        plane_turns: int = 300,  # of the penalised critic in the plane
        clipped_turns: int = 100,  # of the clipped critic in the plane
        critic_steps: int = 10,  # per turn
        batch_size: int = 256,
        hidden: Sequence[int] = (64, 64),  # units per hidden layer of the critics on the line
        plane_hidden: Sequence[int] = (64, 64, 64),
        rate: float = 1.0e-3,  # learning rate on the line, and of the clipped critic in the plane
        plane_rate: float = 1.0e-2,  # learning rate of the penalised critic in the plane
    ):
        if not isinstance(density, Gaussians) or density.dimensions != 2 or density.weights.unique().numel() > 1:
            raise InputError(f"density: got {type(density).__name__}, expected Gaussians in the plane with equal weights, e.g. ring.")
        if gradient_penalty not in lambdas or shown not in distances:
            raise InputError(
                f"gradient_penalty and shown: got {gradient_penalty} and {shown}, expected one of lambdas {list(lambdas)} and of distances "
                f"{list(distances)}."
            )
        self.density, self.noise, self.distances, self.deviation, self.clip = density, noise, distances, deviation, clip
        self.lambdas, self.gradient_penalty, self.shown, self.starts = lambdas, gradient_penalty, shown, starts
        self.transported = transported
        self.on_line = Training(points, turns, critic_steps, batch_size, hidden, rate, (0.5, 0.9))
        self.clipped = self.on_line._replace(turns=clipped_turns, hidden=plane_hidden)
        self.in_plane = Training(points, plane_turns, critic_steps, batch_size, plane_hidden, plane_rate, (0.9, 0.99))

    def measure(self, seed: int) -> Claim:
        """Measure the claim."""
        found = [
            OnLine(distance, self.line(distance, seed, clip=self.clip), self.penalised(distance, self.gradient_penalty, seed))
            for distance in self.distances
        ]
        further = {weight: self.penalised(self.shown, weight, seed) for weight in self.lambdas if weight != self.gradient_penalty}
        shown = next(pair.penalised for pair in found if pair.distance == self.shown)
        by_weight = {weight: best(further.get(weight, shown)) for weight in self.lambdas}
        plane = self.plane(seed)
        shares = edge(plane.clipped), edge(plane.penalised)
        names = f"clipping, c = {self.clip:g}", f"gradient penalty, λ = {self.gradient_penalty:g}"
        critics = dict(zip(names, (plane.clipped.gan.critic, plane.penalised.gan.critic), strict=True))
        rows = [
            (weight, critic.difference, self.optimum(weight).difference, critic.lipschitz, self.optimum(weight).steepest)
            for weight, critic in by_weight.items()
        ]
        return Claim(
            "The Wasserstein critic estimates W1",
            STATEMENT,
            EQUATION,
            "Arjovsky et al. 2017 (arXiv:1701.07875), equation 2; Gulrajani et al. 2017 (arXiv:1704.00028), section 3 and figure 1",
            tuple(self.measurements(found, by_weight, plane, shares)),
            tuple(findings(found, further, plane, shares)),
            (line_table(found), lambda_table(rows), plane_table(plane, shares)),
            {
                "weights": Picture(HISTOGRAMS, (histograms(critics),)),
                "level_sets": Picture(LEVELS, (level_sets(critics, plane.points, self.density.extent),)),
                "weight_of_penalty": Picture(LAMBDA, (over_lambda(rows, wasserstein_of_normals(self.shown, self.deviation)),)),
            },
        )

    def line(self, distance: float, seed: int, clip: float | None = None, gradient_penalty: float | None = None) -> Judged:
        """Train a critic of two normal distributions at this distance."""
        real = on_line([0.0], self.deviation)
        generator = {
            "class": "genlab.networks.known.Gaussians",
            "means": [[distance / real.extent]],
            "deviation": self.deviation / real.extent,
        }
        grid = torch.linspace(-SHOWN * self.deviation, distance + SHOWN * self.deviation, GRID)[:, None]
        return judged(real, generator, self.on_line, grid, seed, clip, gradient_penalty)

    def penalised(self, distance: float, weight: float, seed: int) -> list[Judged]:
        """Train critics with the penalty from several starts."""
        return [self.line(distance, mix(seed, start) if start else seed, gradient_penalty=weight) for start in range(self.starts)]

    def optimum(self, weight: float) -> Optimum:
        """The optimal critic at the distance at which all weights of the penalty are measured."""
        extent = on_line([0.0], self.deviation).extent  # the penalty acts on images, whose coordinates are divided by the extent
        scaled = penalised_optimum(self.shown / extent, self.deviation / extent, weight)
        return Optimum(scaled.difference * extent, scaled.steepest)

    def plane(self, seed: int) -> InPlane:
        """Train both critics in the plane, and measure W1 by transport between samples."""
        real, extent = self.density, self.density.extent
        deviation = math.hypot(real.deviation, self.noise)
        generator = {
            "class": "genlab.networks.known.Gaussians",
            "means": (real.modes / extent).tolist(),
            "deviation": deviation / extent,
        }
        grid = nodes(SEEN * extent, SIDE).points
        clipped = judged(real, generator, self.clipped, grid, seed, clip=self.clip)
        penalised = judged(real, generator, self.in_plane, grid, seed, gradient_penalty=self.gradient_penalty)
        random = torch.Generator().manual_seed(mix(seed, 2))
        first, second = real.sample(2 * self.transported, random).chunk(2)
        with torch.no_grad():
            latents = torch.randn(2 * self.transported, clipped.gan.latent_size, generator=random)
            third, fourth = points_of(clipped.gan.generator(latents), extent).chunk(2)
        floor = wasserstein_1(first, second) + wasserstein_1(third, fourth)
        return InPlane(wasserstein_1(first, third), floor, clipped, penalised, first[:DRAWN])

    def measurements(
        self, found: Sequence[OnLine], by_weight: Mapping[float, Judged], plane: InPlane, shares: tuple[float, float]
    ) -> list[Measurement]:
        """Compare the measured values with those of the theory."""
        rows = []
        for pair in found:
            exact, at = wasserstein_of_normals(pair.distance, self.deviation), f"$W_1 = {pair.distance:g}$ on the line"
            penalised = best(pair.penalised).difference
            rows += [
                Measurement(f"clipping, difference / K, {at}", exact, pair.clipped.normalised, SAMPLING, "<=", "sampling"),
                Measurement(f"gradient penalty, difference, {at}", exact, penalised, 0.06 * exact + SAMPLING, reason=PENALISED),
            ]
        for weight, critic in by_weight.items():
            expected = self.optimum(weight).difference
            name = f"gradient penalty, $\\lambda = {weight:g}$: difference, against the optimal critic's"
            rows.append(Measurement(name, expected, critic.difference, 0.05 * expected + SAMPLING, reason="the critic is finite; sampling"))
        return [
            *rows,
            Measurement("clipping, difference / K, in the plane", plane.exact, plane.clipped.normalised, plane.floor, "<=", "sampling"),
            Measurement(
                "gradient penalty, difference, in the plane", plane.exact, plane.penalised.difference, plane.floor, "=", "sampling"
            ),
            Measurement("clipping: share of weights within 1 % of $\\pm c$", 0.5, shares[0], 0.0, ">="),
            Measurement("gradient penalty: share of weights within 1 % of the largest", 0.05, shares[1], 0.0, "<="),
        ]


PENALISED = "the penalty's own excess, sampling, a finite critic"


def edge(critic: Judged) -> float:
    """Share of a critic's weights whose absolute values are within 1 % of the largest."""
    weights = weights_of(critic.gan.critic).abs()
    return float((weights >= EDGE * weights.max()).double().mean())

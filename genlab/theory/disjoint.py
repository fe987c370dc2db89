"""Parallel lines, whose supports are disjoint: distances of the two distributions, and the gradients that losses give the generator."""

import math
from collections.abc import Sequence

import torch

from genlab.densities.base import images_of
from genlab.densities.segment import Segment
from genlab.densities.sets import prepared
from genlab.engine.seeding import mix
from genlab.errors import InputError
from genlab.images.prepared_set import PreparedSet
from genlab.losses.adversarial import jensen_shannon
from genlab.theory.claim import Claim, Measurement, Picture, Table
from genlab.theory.critics import against, slopes, trained_critic
from genlab.theory.disjoint_pictures import distances, gradients, losses_between
from genlab.theory.disjoint_words import BETWEEN, DISTANCES, EQUATION, GRADIENTS, STATEMENT, TRANSPORTED, findings
from genlab.theory.partitions import in_cells
from genlab.theory.separation import CRITICS, LOSSES, Separation, around, derivative
from genlab.theory.transport import wasserstein_1

JUDGED = 4096  # fresh points of each line, over which losses and gradients are averaged
EXCESS = 0.443  # mean of the integral of |F_n - G_n| for two samples of n uniform heights, times sqrt(n): sqrt(pi) / 4


class Disjoint:
    """Measures W1, JSD, KL and the generator's gradients between the line at 0 and the line at theta, for several theta.

    Raises:
        InputError: an offset is not positive, or none is from `far` on.
    """

    def __init__(
        self,
        offsets: Sequence[float] = (1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01),  # theta
        far: float = 0.2,  # from this offset on, lines count as well separated for the critic
        transported: int = 1000,  # samples of each line in optimal transport
        points: int = 4096,  # training samples of the line at 0
        turns: int = 50,
        critic_steps: int = 10,  # per turn
        batch_size: int = 256,
        hidden: Sequence[int] = (64, 64),  # units per hidden layer of the critics
        rate: float = 1.0e-3,  # learning rate of the critics
        clip: float = 0.1,  # c
        gradient_penalty: float = 10.0,  # lambda
    ):
        if not offsets or min(offsets) <= 0 or max(offsets) < far:
            raise InputError(f"offsets: got {list(offsets)}, expected positive numbers, at least one of them from far = {far} on.")
        self.offsets, self.far, self.transported, self.points = sorted(offsets, reverse=True), far, transported, points
        self.turns, self.critic_steps, self.batch_size, self.hidden, self.rate = turns, critic_steps, batch_size, hidden, rate
        self.clip, self.gradient_penalty = clip, gradient_penalty

    def measure(self, seed: int) -> Claim:
        """Measure the claim."""
        real = prepared(Segment(0.0), "line", self.points, seed)
        found = [self.separation(offset, real, seed) for offset in self.offsets]
        middle = min(found, key=lambda each: abs(math.log(each.offset / self.far)))
        return Claim(
            "Disjoint supports: JSD is constant, W1 is the distance",
            STATEMENT,
            EQUATION,
            "Arjovsky et al. 2017 (arXiv:1701.07875), example 1; Arjovsky and Bottou 2017 (arXiv:1701.04862), theorem 2.4",
            tuple(self.measurements(found, seed)),
            tuple(findings(found)),
            (self.table(found),),
            {
                "distances": Picture(DISTANCES, (distances([(each.offset, each.transport, each.jsd) for each in found]),)),
                "gradients": Picture(GRADIENTS, (gradients(self.offsets, [each.gradients for each in found]),)),
                "between": Picture(
                    f"{BETWEEN} Here $\\theta = {middle.offset:g}$.", (losses_between(middle.critics, LOSSES, middle.offset),)
                ),
            },
        )

    def separation(self, offset: float, real: PreparedSet, seed: int) -> Separation:
        """Train the critics between the lines at 0 and at the offset, and measure everything on fresh samples."""
        generator = {"class": "genlab.networks.known.Line", "offset": offset}
        critics = {}
        for name, loss in CRITICS.items():
            clip = self.clip if name == "clipping" else None
            penalty = self.gradient_penalty if name == "penalty" else None
            model = against(generator, loss, self.hidden, self.rate, self.critic_steps, clip, penalty)
            critics[name] = trained_critic(model, real, self.turns, self.batch_size, seed)
        random = torch.Generator().manual_seed(mix(seed, 1))
        first, second = (Segment(place).sample(JUDGED, random) for place in (0.0, offset))
        latents = torch.randn(JUDGED, 1, generator=random)
        with torch.no_grad():
            jsd = float(jensen_shannon(*(critics["cross-entropy"].critic(images_of(points, 1.0)) for points in (first, second))))
        few = [points[: self.transported] for points in (first, second)]
        return Separation(
            offset,
            wasserstein_1(*few),
            in_cells(first, second, offset / 2),
            jsd,
            {name: derivative(critics[critic], loss, latents) for name, (critic, loss) in LOSSES.items()},
            float(slopes(critics["clipping"].critic, around(offset)).max()),
            critics,
        )

    def measurements(self, found: Sequence[Separation], seed: int) -> list[Measurement]:
        """Compare the measured values with those of the theory."""
        nearest, tolerance = found[-1], 2 * EXCESS / math.sqrt(self.transported)
        at, apart = f"at $\\theta = {nearest.offset:g}$", f"$\\theta \\geq {self.far:g}$"
        random = torch.Generator().manual_seed(mix(seed, 2))
        same = in_cells(Segment(0.0).sample(JUDGED, random), Segment(0.0).sample(JUDGED, random), nearest.offset / 2)
        far = [each for each in found if each.offset >= self.far]
        minimax = max((each.gradients["minimax"] for each in far), key=abs)
        penalised = max((each.gradients["Wasserstein, gradient penalty"] for each in found), key=lambda value: abs(value - 1))
        finite = "the critic is finite"
        return [
            Measurement(f"$W_1$ at $\\theta = {found[0].offset:g}$", found[0].offset, found[0].transport, tolerance, reason=TRANSPORTED),
            Measurement(f"$W_1$ {at}", nearest.offset, nearest.transport, tolerance, reason=TRANSPORTED),
            Measurement(f"JSD of the shares of samples on both sides of $\\theta / 2$, nats, {at}", math.log(2), nearest.cells[1], 1e-12),
            Measurement(f"KL of these shares {at}", math.inf, nearest.cells[0]),
            Measurement("JSD of these shares at $\\theta = 0$", 0.0, same[1]),
            Measurement("KL of these shares at $\\theta = 0$", 0.0, same[0]),
            Measurement(f"JSD by the trained critic, nats, least over {apart}", math.log(2), min(e.jsd for e in far), 1e-3, reason=finite),
            Measurement(f"gradient of minimax, largest over {apart}", 0.0, minimax, 0.01, reason=finite),
            Measurement(f"gradient of non-saturating, least over {apart}", 1.0, min(e.gradients["non-saturating"] for e in far), 0.0, ">="),
            Measurement("gradient of Wasserstein with penalty, furthest from 1 over all $\\theta$", 1.0, penalised, 0.1, reason=finite),
        ]

    def table(self, found: Sequence[Separation]) -> Table:
        """Table of distances and gradients, one row per offset."""
        columns = ("theta", "W1", "JSD", *(name.removeprefix("Wasserstein, ") for name in LOSSES), "K")
        rows = [
            tuple(f"{value:.3g}" for value in (each.offset, each.transport, each.jsd, *each.gradients.values(), each.lipschitz))
            for each in found
        ]
        note = (
            "W1 by transport, JSD by the critic. Then, by loss, the derivative of the generator's loss with respect to $\\theta$ for the "
            "trained critic (clipping and gradient penalty: Wasserstein); positive values move the line "
            f"towards the real one. Critics: {' x '.join(map(str, self.hidden))} units, {self.turns * self.critic_steps:,} steps of Adam "
            f"on batches of {self.batch_size}, clipping to {self.clip:g}, penalty weight {self.gradient_penalty:g}. K: the clipped "
            f"critic's largest slope. Transport: {self.transported:,} samples of each line, whose heights differ."
        )
        return Table("Distances, and gradients of the generator", columns, tuple(rows), note)

"""Oscillation and convergence of the Dirac-GAN: eigenvalues in closed form against measured rates."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from genlab.densities.sets import prepared
from genlab.recipes.gan import GAN
from genlab.theory.checks import check_positive
from genlab.theory.claim import Claim, Measurement, Table
from genlab.theory.convergence_pictures import animation, eigenvalue_picture, trajectory_picture
from genlab.theory.dirac import CLIP, GAMES, GAMMA, LAMBDA, LINEAR, NOISE, Game, Step, eigenvalues, rate_of, trajectory
from genlab.theory.training import trained

NEAR, FAR = (0.01, 0.01), (1.0, 1.0)  # starts: for rates near the equilibrium, and for pictures
KINDS = ("simultaneous", "alternating")


class Origin:
    """The distribution of the Dirac-GAN's real images: the point 0."""

    dimensions = 1
    extent = 1.0

    def sample(self, count: int, generator: torch.Generator) -> Tensor:
        """Draw samples, (count, 1), all 0."""
        return torch.zeros(count, 1, dtype=torch.float64)


class Convergence:
    """Steps the two parameters of the Dirac-GAN under many objectives, and trains the same game as a recipe."""

    def __init__(
        self,
        rate: float = 0.2,  # learning rate h of both networks
        steps: int = 200,  # for the rates near the equilibrium
        shown: int = 150,  # steps of the trajectories in pictures
        turns: int = 60,  # of the recipe
        frames: int = 30,  # of the animation
    ):
        check_positive({"rate": rate, "steps": steps, "shown": shown, "turns": turns, "frames": frames})
        self.rate, self.steps, self.shown, self.turns, self.frames = rate, steps, shown, turns, frames

    def measure(self, seed: int) -> Claim:
        """Measure the claim."""
        near = {(name, kind): self.walk(game, kind, self.steps, NEAR) for name, game in GAMES.items() for kind in KINDS}
        far = {(name, kind): self.walk(game, kind, self.shown, FAR) for name, game in GAMES.items() for kind in KINDS}
        measurements = [self.recipe_follows(seed), *self.rates(near), *self.unbounded(far), *self.averages(near)]
        return Claim(
            "Which games converge",
            STATEMENT.format(rate=self.rate, gamma=GAMMA, noise=NOISE, penalty=LAMBDA, clip=CLIP),
            r"\theta_{n+1} = \theta_n - h\,\partial_\theta L_G,\quad \psi_{n+1} = \psi_n - h\,\partial_\psi L_D,\quad "
            r"\lambda_{1,2} = 1 \pm \tfrac{i h}{2} \text{ without a penalty},\quad "
            r"\lambda_{1,2} = 1 - \tfrac{h \gamma}{2} \pm h \sqrt{\tfrac{\gamma^2}{4} - \tfrac{1}{4}} \text{ with R1}",
            "Mescheder et al. 2018 (arXiv:1801.04406), lemmas 2.3 to 2.9 and 4.1; Mescheder et al. 2017 (arXiv:1705.10461) for consensus",
            tuple(measurements),
            findings(near, far),
            (self.table(near, far),),
            {
                "trajectories": trajectory_picture(far),
                "eigenvalues": eigenvalue_picture(
                    {key: eigenvalues(key[0], self.rate, key[1] == KINDS[1]) for key in near if key[0] in LINEAR}
                ),
                "moving": animation({name: far[name, KINDS[1]] for name in ("non-saturating", "WGAN", "WGAN-GP", "R1")}, self.frames),
            },
        )

    def walk(self, game: Game, kind: str, steps: int, start: tuple[float, float]) -> Tensor:
        """Trajectory (steps + 1, 2) of a game."""
        return trajectory(step_of(game, kind), self.rate, steps, start)

    def recipe_follows(self, seed: int) -> Measurement:
        """Train the game as a recipe, and compare its places with alternating steps."""
        places: list[list[float]] = []

        def watch(turns: int, recipe: Any) -> None:
            places.append([recipe.generator.theta.item(), recipe.critic.psi.item()])

        images = prepared(Origin(), "origin", 8, seed)
        recipe = trained(described(self.rate), images, self.turns, 4, seed, watch, watch_every=1).recipe
        assert isinstance(recipe, GAN)
        expected = self.walk(GAMES["non-saturating"], "alternating", self.turns, FAR)[: len(places)]
        difference = float((torch.tensor(places, dtype=torch.float64) - expected).abs().max())
        return Measurement("largest distance of the recipe's training from alternating steps", 0, difference, 1e-4, reason="float32")

    def rates(self, near: Mapping[tuple[str, str], Tensor]) -> list[Measurement]:
        """Rates near the equilibrium, against the largest absolute eigenvalue; and the eigenvalues, against automatic differentiation."""
        found = []
        for name in LINEAR:
            for kind in KINDS:
                expected = eigenvalues(name, self.rate, kind == KINDS[1])
                largest = float(np.abs(expected).max())
                found.append(Measurement(f"{name}, {kind}: factor per step", largest, rate_of(near[name, kind]), 5e-3, reason="few steps"))
                jacobian = jacobian_of(step_of(GAMES[name], kind), self.rate)
                error = float(np.abs(np.sort_complex(np.linalg.eigvals(jacobian)) - np.sort_complex(expected)).max())
                found.append(Measurement(f"{name}, {kind}: distance of the eigenvalues from the closed form", 0, error, 1e-7))
        return found

    @staticmethod
    def unbounded(far: Mapping[tuple[str, str], Tensor]) -> list[Measurement]:
        """Games without a linearisation at 0: they stay away from it."""
        return [
            Measurement(f"{name}, {kind}: last distance from the equilibrium", 0.1, float(far[name, kind][-1].norm()), relation=">=")
            for name in ("WGAN, clipped", "WGAN-GP")
            for kind in KINDS
        ]

    @staticmethod
    def averages(near: Mapping[tuple[str, str], Tensor]) -> list[Measurement]:
        """Averages over the places of alternating steps, which converge although the places do not."""
        found = []
        for name in ("non-saturating", "WGAN"):
            places = near[name, "alternating"]
            share = float(places.mean(0).norm() / places[0].norm())
            text = f"{name}, alternating: distance of the average place, relative to the start"
            found.append(Measurement(text, 0, share, 0.15, reason="finite number of steps"))
        return found

    def table(self, near: Mapping[tuple[str, str], Tensor], far: Mapping[tuple[str, str], Tensor]) -> Table:
        """Games by kind of step: prediction, measured rate, last distance, and whether it converges."""
        rows = []
        for name in GAMES:
            for kind in KINDS:
                predicted = f"{np.abs(eigenvalues(name, self.rate, kind == KINDS[1])).max():.4f}" if name in LINEAR else "not defined"
                last = float(far[name, kind][-1].norm())
                average = float(far[name, kind].mean(0).norm())
                measured = f"{rate_of(near[name, kind]):.4f}" if name in LINEAR else "-"
                rows.append(
                    (f"{name}, {kind}", predicted, measured, f"{last:.3g}", f"{average:.3g}", verdict(near[name, kind], far[name, kind]))
                )
        columns = ("game", "largest eigenvalue", "measured factor", "last distance", "distance of the average", "")
        start = f"Distances after {self.shown} steps from (1, 1), whose distance is 1.41."
        return Table("Absolute eigenvalues and measured factors per step", columns, tuple(rows), start)


STATEMENT = """The generator has one parameter, $\\theta$: all its images are the number $\\theta$. Real images are 0, and the critic is
$D(x) = \\psi x$. The equilibrium is $\\theta = \\psi = 0$. Near it a step multiplies the distance by the eigenvalues of its Jacobian:
below 1 the game converges, above 1 it diverges, and at 1 it goes round in circles. The steps use the library's losses and penalties;
simultaneous steps move both parameters at once, alternating ones the critic first, as the library does.

Settings: learning rate {rate}, R1 and R2 with $\\gamma = {gamma:g}$, instance noise of deviation {noise:g}, gradient penalty
$\\lambda = {penalty:g}$, consensus with {gamma:g}, clipping to {clip:g}. With a gradient penalty the loss has a kink at $\\psi = 0$, and
with clipping a border: no eigenvalue is defined there."""


def described(rate: float) -> dict[str, Any]:
    """The Dirac-GAN as a recipe."""
    optimizer = {"class": "torch.optim.SGD", "partial": True, "lr": rate}
    return {
        "class": "genlab.recipes.gan.GAN",
        "loss": {"class": "genlab.losses.adversarial.NON_SATURATING"},
        "generator": {"class": "genlab.networks.dirac.Generator", "theta": FAR[0]},
        "critic": {"class": "genlab.networks.dirac.Critic", "psi": FAR[1]},
        "generator_optimizer": optimizer,
        "critic_optimizer": optimizer,
    }


def step_of(game: Game, kind: str) -> Step:
    """The step of a game, `simultaneous` or `alternating`."""
    return game.simultaneous if kind == KINDS[0] else game.alternating


def jacobian_of(step: Step, rate: float) -> np.ndarray:
    """Jacobian (2, 2) of a step at the equilibrium, by automatic differentiation."""
    found: Any = torch.autograd.functional.jacobian(lambda place: step(place, rate), torch.zeros(2, dtype=torch.float64))
    jacobian: np.ndarray = found.numpy()
    return jacobian


def verdict(near: Tensor, far: Tensor) -> str:
    """What a game does, in a word: both close to the equilibrium and far from it."""
    factor, last = rate_of(near), float(far[-1].norm() / far[0].norm())
    if factor < 0.999 and last < 0.1:
        return "converges"
    return "diverges" if factor > 1.001 or last > 3 else "does not converge"


def findings(near: Mapping[tuple[str, str], Tensor], far: Mapping[tuple[str, str], Tensor]) -> tuple[str, ...]:
    """The games by what they do, in words."""
    groups: dict[str, list[str]] = {}
    for name, kind in near:
        groups.setdefault(verdict(near[name, kind], far[name, kind]), []).append(f"{name} ({kind})")
    return tuple(f"**{word.capitalize()}**: {', '.join(games)}." for word, games in groups.items())

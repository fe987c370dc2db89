"""Gradient steps of the Dirac-GAN in closed form: its two parameters, the library's losses and penalties, and several kinds of steps."""

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from genlab.losses.adversarial import MINIMAX, NON_SATURATING, WASSERSTEIN, AdversarialLoss
from genlab.losses.penalties import Penalty, Scored, one_centred, r1, r2

NODES = 21  # of the Gauss-Hermite quadrature over instance noise


class Game(NamedTuple):
    """A way to train the Dirac-GAN. Real images are 0; the generator's are theta; the critic is psi x."""

    loss: AdversarialLoss
    penalties: tuple[Penalty, ...] = ()
    noise: float = 0.0  # deviation of instance noise, added to real images and fakes
    consensus: float = 0.0  # weight of the regulariser |v|^2 / 2 of both networks
    clip: float = math.inf  # bound of psi

    def field(self, place: Tensor) -> Tensor:
        """Place (theta, psi) -> the direction (2,) in which both parameters move: minus the gradients of their own losses."""
        theta, psi = (part.requires_grad_() if not part.requires_grad else part for part in place.unbind())

        def critic(images: Tensor) -> Tensor:
            return psi * images.flatten(1).sum(1)

        nodes, weights = hermite(self.noise)
        real = nodes[:, None, None, None].clone().requires_grad_()
        fake = theta + nodes[:, None, None, None]
        scored = Scored(real, critic(real)), Scored(fake, critic(fake))
        critic_loss = (weights * self.loss.critic(scored[0].logits, scored[1].logits)).sum()
        for penalty in self.penalties:
            critic_loss = critic_loss + (weights * penalty(critic, *scored)).sum()
        generator_loss = (weights * self.loss.generator(scored[1].logits, lambda: scored[0].logits)).sum()
        (of_theta,) = torch.autograd.grad(generator_loss, theta, create_graph=True)
        (of_psi,) = torch.autograd.grad(critic_loss, psi, create_graph=True)
        direction = -torch.stack([of_theta, of_psi])
        if self.consensus:
            pull = torch.autograd.grad(direction.square().sum() / 2, (theta, psi), create_graph=True)
            direction = direction - self.consensus * torch.stack(pull)
        return direction

    def clipped(self, place: Tensor) -> Tensor:
        """Clip psi."""
        return torch.stack([place[0], place[1].clamp(-self.clip, self.clip)])

    def simultaneous(self, place: Tensor, rate: float) -> Tensor:
        """One step of both parameters at once: (2,) -> (2,)."""
        return self.clipped(place + rate * self.field(place))

    def alternating(self, place: Tensor, rate: float) -> Tensor:
        """A step of the critic, then one of the generator against the new critic, as genlab.engine does: (2,) -> (2,)."""
        judged = self.clipped(torch.stack([place[0], place[1] + rate * self.field(place)[1]]))
        return torch.stack([judged[0] + rate * self.field(judged)[0], judged[1]])


def hermite(deviation: float) -> tuple[Tensor, Tensor]:
    """Nodes and weights (K,) of the expectation over N(0, deviation^2); one node for no noise."""
    if deviation == 0:
        return torch.zeros(1, dtype=torch.float64), torch.ones(1, dtype=torch.float64)
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    return deviation * torch.from_numpy(nodes), torch.from_numpy(weights / weights.sum())


GAMMA, NOISE, LAMBDA, CLIP = 0.5, 1.0, 1.0, 0.5
GAMES: Mapping[str, Game] = {
    "minimax": Game(MINIMAX),
    "non-saturating": Game(NON_SATURATING),
    "WGAN": Game(WASSERSTEIN),
    "WGAN, clipped": Game(WASSERSTEIN, clip=CLIP),
    "WGAN-GP": Game(WASSERSTEIN, (partial(one_centred, weight=LAMBDA),)),
    "instance noise": Game(NON_SATURATING, noise=NOISE),
    "R1": Game(NON_SATURATING, (partial(r1, weight=GAMMA),)),
    "R2": Game(NON_SATURATING, (partial(r2, weight=GAMMA),)),
    "consensus": Game(NON_SATURATING, consensus=GAMMA),
}
# (c, d, g): near the equilibrium 0, theta' = g theta + c psi and psi' = -c theta - d psi in continuous time. Derived from the losses at psi
# theta = 0, where the slope of every logistic loss is 1/2 and its curvature 1/4; Mescheder et al. 2018, lemmas 2.3 to 3.1.
LINEAR: Mapping[str, tuple[float, float, float]] = {
    "minimax": (0.5, 0.0, 0.0),
    "non-saturating": (0.5, 0.0, 0.0),
    "WGAN": (1.0, 0.0, 0.0),
    "instance noise": (0.5, NOISE**2 / 2, 0.0),
    "R1": (0.5, GAMMA, 0.0),
    "R2": (0.5, GAMMA, 0.0),
    "consensus": (0.5, GAMMA / 4, -GAMMA / 4),
}


def eigenvalues(name: str, rate: float, alternating: bool) -> np.ndarray:
    """Eigenvalues (2,) of one step near the equilibrium, in closed form."""
    c, d, g = LINEAR[name]
    critic = np.array([[1.0, 0.0], [-rate * c, 1 - rate * d]])
    generator = np.array([[1 + rate * g, rate * c], [0.0, 1.0]])
    both = np.eye(2) + rate * np.array([[g, c], [-c, -d]])
    return np.linalg.eigvals(generator @ critic if alternating else both)


Step = Callable[[Tensor, float], Tensor]


def trajectory(step: Step, rate: float, steps: int, start: tuple[float, float]) -> Tensor:
    """Places (steps + 1, 2) of repeated steps from a start (theta, psi)."""
    place = torch.tensor(start, dtype=torch.float64)
    places = [place]
    for _ in range(steps):
        place = step(place, rate).detach()
        places.append(place)
    return torch.stack(places)


def rate_of(places: Tensor) -> float:
    """Factor per step by which the distance from the equilibrium changes, over the last half of a trajectory (N, 2).

    Distances are taken at their geometric mean over a quarter each, so that a rotation on an ellipse does not matter.
    """
    distances = places.norm(dim=1).clamp(min=1e-300).log()
    quarter = len(places) // 4
    early, late = distances[-2 * quarter : -quarter], distances[-quarter:]
    return float(((late.mean() - early.mean()) / quarter).exp())

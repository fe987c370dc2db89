"""How a game between two players goes: what is measured while it is played, and the three ways in which it goes wrong."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from genlab.engine import Stream, Terms

SATURATED = 0.02  # of the critic's loss, whose infimum is 0
COLLAPSED = 0.3  # of the diversity of real images
SWING = 0.5  # of a loss, its standard deviation as a share of its mean
LEVEL = 0.5  # that a loss is taken to have at least: one that keeps near 0 doesn't swing
ROWS = 8  # of the history, looked at together
CROSSINGS = 4  # of the median among them


class Diversity:
    """An Update that changes nothing: mean pairwise distance of samples made of fixed latents, as a share of the real images'."""

    def __init__(
        self,
        sample: Callable[[int], Tensor],  # makes images (N, C, H, W), so many at most
        every: int = 10,  # turns between two looks
        real: Callable[[Tensor], Tensor] = lambda images: images,  # real images as they compare with these
    ):
        self.sample, self.every, self.real = sample, every, real

    def __call__(self, stream: Stream) -> Terms:
        if not stream.crosses(self.every):
            return {}
        real = self.real(stream.batch["image"])
        samples = self.sample(2 * len(real))  # its time and memory follow the batch's, at any size of images
        return {"diversity": pairwise_distance(samples) / pairwise_distance(real)}


def pairwise_distance(images: Tensor) -> Tensor:
    """Images (N, ...) -> the mean Euclidean distance of two different ones."""
    flat = images.flatten(1).float()
    return torch.cdist(flat, flat).sum() / (len(flat) * (len(flat) - 1))


def ranking_accuracy(real: Tensor, fake: Tensor) -> Tensor:
    """The share of (real, fake) pairs that the critic puts into the right order; 1/2 for one that is undecided.

    The area under its ROC curve: unlike a count of correct signs it means the same for every loss, Wasserstein's too.
    """
    difference = real.flatten()[:, None] - fake.flatten()[None]
    return (difference.sign().mean() + 1) / 2


class Finding(NamedTuple):
    """Something that goes wrong, and what helps."""

    name: str
    message: str


class Watch:
    """Tells each thing that goes wrong once, when it begins."""

    def __init__(self, rows: list[dict[str, float]]):  # of the history, which grows while this watches
        self.rows = rows
        self.told = {finding.name for finding in findings(rows)}

    def new(self) -> list[Finding]:
        """What goes wrong now and has not been told."""
        fresh = [finding for finding in findings(self.rows) if finding.name not in self.told]
        self.told |= {finding.name for finding in fresh}
        return fresh


def findings(rows: Sequence[dict[str, float]]) -> list[Finding]:
    """The last rows of a history {"images", "<update>/<term>": mean} -> what goes wrong in them. None before there are 8 rows."""
    if len(rows) < ROWS:
        return []
    last = rows[-ROWS:]
    found = [saturated(last), collapsed(last), oscillating(last)]
    return [each for each in found if each]


def saturated(rows: Sequence[dict[str, float]]) -> Finding | None:
    """The critic tells all images apart, and the generator has nothing to go by. A Wasserstein critic has no such end."""
    losses = column(rows, "critic/adversarial")
    if "critic/wasserstein" in rows[-1] or len(losses) == 0 or np.abs(losses).max() > SATURATED:
        return None
    message = f"the critic tells real from fake all the time: its loss has been at most {np.abs(losses).max():.3g}"
    return Finding("critic_saturated", f"{message}. Lower its learning rate, give it a penalty, or augment what it sees")


def collapsed(rows: Sequence[dict[str, float]]) -> Finding | None:
    """The samples are nearly all alike."""
    values = column(rows, "health/diversity")
    if len(values) == 0 or values.max() > COLLAPSED:
        return None
    message = f"the samples differ from each other {values[-1]:.0%} as much as real images do"
    return Finding("diversity_collapsed", f"{message}. Minibatch discrimination, unrolling, or a penalty on the critic may help")


def oscillating(rows: Sequence[dict[str, float]]) -> Finding | None:
    """A loss swings about its median instead of settling. A Wasserstein generator's is left out: it has no zero to be small beside."""
    for player in ("critic", "generator"):
        losses = column(rows, f"{player}/adversarial")
        unbounded = player == "generator" and "critic/wasserstein" in rows[-1]
        if unbounded or len(losses) < ROWS or losses.std() < SWING * max(np.abs(losses).mean(), LEVEL):
            continue
        above = losses > np.median(losses)
        if np.count_nonzero(above[1:] != above[:-1]) >= CROSSINGS:
            message = f"the {player}'s loss swings by {losses.std():.3g} about {losses.mean():.3g}"
            return Finding("oscillation", f"{message}. Lower the learning rates or Adam's first beta, or add a penalty")
    return None


def column(rows: Sequence[dict[str, float]], name: str) -> np.ndarray:
    return np.array([row[name] for row in rows if name in row])

"""Detection of three failures of adversarial training in its history: a saturated critic, collapsed samples, oscillating losses."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np

from genlab.losses.adversarial import AdversarialLoss

SATURATED = 0.02  # largest loss of a saturated critic; the infimum is 0
COLLAPSED = 0.3  # largest diversity of collapsed samples, relative to that of real images
SWING = 0.5  # smallest standard deviation of an oscillating loss, relative to its mean absolute value
LEVEL = 0.5  # lower limit of that mean, so that a loss near 0 does not count as oscillating
ROWS = 8  # number of most recent rows of the history that are examined
CROSSINGS = 4  # smallest number of times that an oscillating loss crosses its median in these rows


@runtime_checkable
class Adversarial(Protocol):
    """A recipe with an adversarial loss."""

    loss: AdversarialLoss


class Finding(NamedTuple):
    """A detected failure, with a message that suggests remedies."""

    name: str
    message: str


class Watch:
    """Reports each failure once, when it first occurs."""

    def __init__(
        self,
        rows: list[dict[str, float]],  # rows of the history; the list grows during training
        bounded: bool = True,  # False if the critic's loss has no lower bound, see AdversarialLoss
    ):
        self.rows, self.bounded = rows, bounded
        self.reported = {finding.name for finding in findings(rows, bounded)}

    def new(self) -> list[Finding]:
        """Return the failures in the latest rows that have not been reported before."""
        fresh = [finding for finding in findings(self.rows, self.bounded) if finding.name not in self.reported]
        self.reported |= {finding.name for finding in fresh}
        return fresh


def findings(rows: Sequence[dict[str, float]], bounded: bool = True) -> list[Finding]:
    """Return the failures in the last 8 rows {"images", "<update>/<term>": mean} of a history; none if there are fewer rows."""
    if len(rows) < ROWS:
        return []
    last = rows[-ROWS:]
    found = [saturated(last) if bounded else None, collapsed(last), oscillating(last, ("critic", "generator") if bounded else ("critic",))]
    return [each for each in found if each]


def saturated(rows: Sequence[dict[str, float]]) -> Finding | None:
    """Check whether the critic separates all real images from all fakes, so that the generator's gradient vanishes.

    Applies only to critic losses with infimum 0.
    """
    losses = column(rows, "critic/adversarial")
    if len(losses) == 0 or np.abs(losses).max() > SATURATED:
        return None
    message = f"the critic separates real images from fakes almost perfectly: its loss has been at most {np.abs(losses).max():.3g}"
    return Finding("critic_saturated", f"{message}. Lower its learning rate, give it a penalty, or augment what it sees")


def collapsed(rows: Sequence[dict[str, float]]) -> Finding | None:
    """Check whether the samples are nearly identical."""
    values = column(rows, "health/diversity")
    if len(values) == 0 or values.max() > COLLAPSED:
        return None
    message = f"the diversity of the samples is {values[-1]:.0%} of that of real images"
    return Finding("diversity_collapsed", f"{message}. Minibatch discrimination, unrolling, or a penalty on the critic may help")


def oscillating(
    rows: Sequence[dict[str, float]],
    networks: Sequence[str],  # networks to check; exclude an unbounded generator loss, since its mean sets no scale
) -> Finding | None:
    """Check whether a loss oscillates about its median instead of settling."""
    for network in networks:
        losses = column(rows, f"{network}/adversarial")
        if len(losses) < ROWS or losses.std() < SWING * max(np.abs(losses).mean(), LEVEL):
            continue
        above = losses > np.median(losses)
        if np.count_nonzero(above[1:] != above[:-1]) >= CROSSINGS:
            message = f"the {network}'s loss oscillates with a standard deviation of {losses.std():.3g} about a mean of {losses.mean():.3g}"
            return Finding("oscillation", f"{message}. Lower the learning rates or Adam's first beta, or add a penalty")
    return None


def column(rows: Sequence[dict[str, float]], name: str) -> np.ndarray:
    """Return the values of one term, from the rows that have it."""
    return np.array([row[name] for row in rows if name in row])

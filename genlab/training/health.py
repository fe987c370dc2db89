"""Three failures of adversarial training, found in the history of a run: a saturated critic, collapsed samples, oscillating losses."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np

from genlab.losses.adversarial import AdversarialLoss

SATURATED = 0.02  # largest critic loss of a saturated critic; the infimum is 0
COLLAPSED = 0.3  # largest diversity of collapsed samples, as a share of the real images'
SWING = 0.5  # standard deviation of an oscillating loss, as a share of its mean
LEVEL = 0.5  # least mean for that share: a loss that stays near 0 does not oscillate
ROWS = 8  # last rows of the history that are looked at together
CROSSINGS = 4  # of the median among them, of an oscillating loss


@runtime_checkable
class Adversarial(Protocol):
    """A recipe with an adversarial loss."""

    loss: AdversarialLoss


class Finding(NamedTuple):
    """A failure, and what helps."""

    name: str
    message: str


class Watch:
    """Reports each failure once, when it begins."""

    def __init__(
        self,
        rows: list[dict[str, float]],  # of the history, which grows during training
        bounded: bool = True,  # False if the critic's loss has no lower bound, see AdversarialLoss
    ):
        self.rows, self.bounded = rows, bounded
        self.reported = {finding.name for finding in findings(rows, bounded)}

    def new(self) -> list[Finding]:
        """Failures that are present now and have not been reported."""
        fresh = [finding for finding in findings(self.rows, self.bounded) if finding.name not in self.reported]
        self.reported |= {finding.name for finding in fresh}
        return fresh


def findings(rows: Sequence[dict[str, float]], bounded: bool = True) -> list[Finding]:
    """The last rows {"images", "<update>/<term>": mean} of a history -> the failures in them; none before there are 8 rows."""
    if len(rows) < ROWS:
        return []
    last = rows[-ROWS:]
    found = [saturated(last) if bounded else None, collapsed(last), oscillating(last, ("critic", "generator") if bounded else ("critic",))]
    return [each for each in found if each]


def saturated(rows: Sequence[dict[str, float]]) -> Finding | None:
    """The critic separates all real images from all fakes, and the generator's gradient vanishes. Only for a loss whose infimum is 0."""
    losses = column(rows, "critic/adversarial")
    if len(losses) == 0 or np.abs(losses).max() > SATURATED:
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


def oscillating(
    rows: Sequence[dict[str, float]],
    networks: Sequence[str],  # whose losses are looked at: an unbounded generator loss has no zero to be small next to
) -> Finding | None:
    """A loss swings about its median instead of settling."""
    for network in networks:
        losses = column(rows, f"{network}/adversarial")
        if len(losses) < ROWS or losses.std() < SWING * max(np.abs(losses).mean(), LEVEL):
            continue
        above = losses > np.median(losses)
        if np.count_nonzero(above[1:] != above[:-1]) >= CROSSINGS:
            message = f"the {network}'s loss swings by {losses.std():.3g} about {losses.mean():.3g}"
            return Finding("oscillation", f"{message}. Lower the learning rates or Adam's first beta, or add a penalty")
    return None


def column(rows: Sequence[dict[str, float]], name: str) -> np.ndarray:
    return np.array([row[name] for row in rows if name in row])

"""Whether a metric sees a damage."""

from enum import StrEnum
from typing import NamedTuple

import numpy as np

from genlab.ladder.measure import Measured, Rungs
from genlab.ladder.metrics import METRICS

CERTAIN = 4.0  # standard deviations of undamaged samples


class Sight(StrEnum):
    """How a metric reacts to a damage of increasing strength."""

    SEEN = "seen"  # the strongest damage is certainly worse, and no step is certainly an improvement
    UNORDERED = "out of order"  # the strongest damage is certainly worse, but not every step of the ladder
    BLIND = "blind"  # the strongest damage is within the scatter of undamaged samples
    WRONG = "prefers it"  # the strongest damage is certainly better


class Verdict(NamedTuple):
    """Reaction of one metric to one damage."""

    sight: Sight
    first: int | None  # number of the weakest strength, from 1 on, from which on all are certainly worse; None without any
    claimed: bool  # whether the metric claims to measure this damage


def deviations(rungs: Rungs, worse: int, floor: float = 0.0) -> dict[str, np.ndarray]:
    """Damage -> how much worse than undamaged samples are on average, in their standard deviations, (strengths,).

    `floor` is the smallest standard deviation that is assumed: a share of N images may be equal in all undamaged samples.
    """
    center, spread = float(np.mean(rungs.undamaged)), max(float(np.std(rungs.undamaged, ddof=1)), floor, 1e-12)
    return {damage: worse * (np.array(values) - center) / spread for damage, values in rungs.damaged.items()}


def distances(measured: Measured, space: str, metric: str) -> dict[str, np.ndarray]:
    """Damage -> how much worse one metric is at each strength, in deviations of undamaged samples, (strengths,)."""
    about = METRICS[metric]
    return deviations(measured.spaces[space][metric], about.worse, 1 / measured.count if about.share else 0.0)


def verdicts(measured: Measured, space: str, metric: str) -> dict[str, Verdict]:
    """Damage -> verdict, for one metric in one space."""
    claims = METRICS[metric].claimed(space)
    return {damage: Verdict(sight(far), first_seen(far), damage in claims) for damage, far in distances(measured, space, metric).items()}


def sight(far: np.ndarray) -> Sight:
    """Deviations (strengths,), positive if worse -> reaction."""
    if abs(far[-1]) <= CERTAIN:
        return Sight.BLIND
    if far[-1] < 0:
        return Sight.WRONG
    # Both ends of a step scatter; a part of the scatter is common to all strengths, which damage the same images.
    return Sight.SEEN if (np.diff(far, prepend=0.0) > -CERTAIN).all() else Sight.UNORDERED


def first_seen(far: np.ndarray) -> int | None:
    """Deviations (strengths,) -> number of the first strength, from 1 on, from which on all are certainly worse."""
    certain = far > CERTAIN
    return next((number + 1 for number in range(len(far)) if certain[number:].all()), None)

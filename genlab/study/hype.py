"""The HYPE score. Zhou et al. 2019 (arXiv:1904.01121), section 3.

HYPE-infinity is the share of wrong answers, in %, when images have no time limit; real images judged generated count as well as generated
images judged real. 50 is chance. HYPE-time instead searches, by a staircase, for the shortest exposure at which people answer correctly.
Here all images have one exposure, fixed in advance, so the score of a study with a time limit is no HYPE-time.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from genlab.study.shares import CONFIDENCE

RESAMPLES = 4_000
FEWEST = 2  # participants for an interval


def hype(
    judged: Sequence[tuple[int, bool, bool]],  # participant, whether the answer is wrong, whether the image is real
    confidence: float = CONFIDENCE,
) -> dict[str, Any] | None:
    """Mean of the shares of wrong answers to real and to generated images, in %, with its interval; None if one of them has no answers.

    The interval is that of the paper: the bootstrap over participants. It is None for one participant.
    """
    # Per participant: wrong and all answers to generated images, wrong and all answers to real images.
    counts = np.zeros((max((who for who, _, _ in judged), default=-1) + 1, 4))
    for who, wrong, real in judged:
        counts[who, 2 * real] += wrong
        counts[who, 2 * real + 1] += 1
    counts = counts[counts.sum(1) > 0]
    total = counts.sum(0)
    if not (total[1] and total[3]):
        return None
    if len(counts) < FEWEST:
        return {"value": score(total[None])[0], "low": None, "high": None}
    rng = np.random.default_rng(0)
    drawn = rng.multinomial(len(counts), np.full(len(counts), 1 / len(counts)), RESAMPLES) @ counts
    drawn = drawn[(drawn[:, 1] > 0) & (drawn[:, 3] > 0)]
    low, high = np.quantile(score(drawn), [(1 - confidence) / 2, (1 + confidence) / 2])
    return {"value": float(score(total[None])[0]), "low": float(low), "high": float(high)}


def score(counts: np.ndarray) -> np.ndarray:
    """Counts (N, 4) -> scores in %, (N,)."""
    return np.asarray(50 * (counts[:, 0] / counts[:, 1] + counts[:, 2] / counts[:, 3]))

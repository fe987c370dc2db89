"""Shares with exact intervals."""

from dataclasses import asdict, dataclass
from typing import Any

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Share:
    """A share of answers, and its exact interval for independent answers."""

    count: int
    of: int
    low: float
    high: float

    @property
    def value(self) -> float:
        """The share."""
        return self.count / self.of

    def to_json(self) -> dict[str, Any]:
        """The share as JSON."""
        return {"share": self.value, **asdict(self)}


def share(count: int, of: int, confidence: float = CONFIDENCE) -> Share:
    """Share of `count` in `of` > 0 answers with its interval of Clopper and Pearson (Biometrika 26, 1934), by scipy.

    The interval contains the true share with at least this confidence, for every true share and every `of`.
    """
    from scipy.stats import binomtest

    interval = binomtest(count, of).proportion_ci(confidence, "exact")
    return Share(count, of, float(interval.low), float(interval.high))

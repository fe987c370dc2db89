"""The score that ranks the models of a table: headlines differ between kinds of recipes, so that one score has to serve all of them."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from genlab.evaluation.scores import BITS_PER_DIMENSION, DIRECTIONS, GroupName
from genlab.reports.comparison.runs import ScoredRun


class Ranking(NamedTuple):
    """A score by which models are ranked. Lower is better for each of those that `ranking_of` returns."""

    group: GroupName
    score: str

    def value(self, run: ScoredRun) -> float:
        """The score of a recipe: the mean over seeds if there are several; NaN if the recipe does not have it."""
        if run.spread is not None and (found := run.spread.score(self.group, self.score)) is not None:
            return found.mean
        group = run.evaluation.group(self.group)
        return group.own.values[self.score].value if group and self.score in group.own.values else math.nan

    def place(self, run: ScoredRun) -> tuple[bool, float, str]:
        """Sort key: the best first, recipes without the score last."""
        value = self.value(run)
        return math.isnan(value), 0.0 if math.isnan(value) else value, run.name


def ranking_of(runs: Sequence[ScoredRun]) -> Ranking:
    """Bits per dimension if all recipes have them, else the KID of samples or of a direction, whichever most recipes have."""
    found: dict[Ranking, int] = {}
    for run in runs:
        for name in (GroupName.LIKELIHOOD, GroupName.SAMPLES, *DIRECTIONS):
            group = run.evaluation.group(name)
            for score in group.own.values if group else ():
                if score == BITS_PER_DIMENSION or (name != GroupName.LIKELIHOOD and score.startswith("kid")):
                    found[Ranking(name, score)] = found.get(Ranking(name, score), 0) + 1
    if not found:
        return Ranking(GroupName.SAMPLES, "kid")
    return max(found, key=lambda each: found[each])  # the first of those that most recipes have

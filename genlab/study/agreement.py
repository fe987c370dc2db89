"""Agreement between participants."""

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence


def krippendorffs_alpha(units: Iterable[Sequence[Hashable]]) -> float:
    """Krippendorff's alpha of nominal answers; each unit has the answers of those who judged it. 1: perfect, 0: as by chance.

    Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), part D: alpha = 1 - D_o / D_e, with the coincidences of the answers
    within units, and of all answers. Units with fewer than two answers are left out. NaN if all answers are equal, or there are none.
    Fleiss' kappa, which statsmodels has, requires the same number of answers for every unit: in a study each participant judges some of
    the items only.
    """
    compared = [Counter(unit) for unit in units if len(unit) > 1]
    totals = sum(compared, Counter())
    count = sum(totals.values())
    # Coincidences of unequal answers: in a unit of m answers, each ordered pair counts 1 / (m - 1).
    observed = sum(sum(n * (unit.total() - n) for n in unit.values()) / (unit.total() - 1) for unit in compared)
    expected = sum(n * (count - n) for n in totals.values()) / (count - 1) if count > 1 else 0.0
    return 1 - observed / expected if expected else math.nan

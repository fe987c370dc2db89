"""Whether recipes differ by more than their seeds do: Welch's t-test between two recipes, and Holm's correction over all tests of a table.

A recipe has K values of a score, one per seed. Seeds are independent, so the values are K independent draws of what a training yields.
With K = 3 only differences of several standard deviations are significant: a difference that is not significant may still exist.
"""

import itertools
import math
from collections.abc import Mapping, Sequence

from genlab.errors import InputError

LEVEL = 0.05  # probability that a table marks any difference as significant if there is none


def welch(one: Sequence[float], other: Sequence[float]) -> float:
    """Two-sided p-value of equal means of two samples with unequal variances. Welch 1947 (Biometrika 34), as in scipy.stats.ttest_ind.

    Two samples without any variation are compared as they are: p = 1 for equal values, else 0.

    Raises:
        InputError: a sample has fewer than two values, or one that is not finite.
    """
    from scipy.stats import ttest_ind

    for values in (one, other):
        if len(values) < 2 or not all(map(math.isfinite, values)):
            raise InputError(f"Welch's test: got {list(values)}, expected at least two finite values, one per seed. Run more seeds.")
    if len({*one}) == len({*other}) == 1:
        return float(one[0] == other[0])
    return float(ttest_ind(one, other, equal_var=False).pvalue)


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust p-values of m tests, so that the probability of any false positive stays below the level. Holm 1979 (Scand. J. Statist. 6).

    The k-th smallest p-value becomes max over j <= k of min(1, (m - j + 1) p_(j)). No independence is assumed. scipy.stats has corrections
    for the false discovery rate only, and statsmodels is no dependency of this project.
    """
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    adjusted, largest = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = largest
    return adjusted


def pairwise(samples: Mapping[str, Sequence[float]]) -> dict[frozenset[str], float]:
    """Holm-adjusted p-values of Welch's test between every two of n samples, {name, name} -> p.

    All n (n - 1) / 2 tests are corrected for: which recipe is the best is known only after the values are, so that comparisons with the
    best alone would be chosen by the data.
    """
    pairs = list(itertools.combinations(samples, 2))
    adjusted = holm([welch(samples[one], samples[other]) for one, other in pairs])
    return {frozenset(pair): p for pair, p in zip(pairs, adjusted, strict=True)}

"""Tests of exact intervals, against their closed forms and their definition."""

import math

import pytest
from scipy.stats import beta, binom

from genlab.study.shares import share


@pytest.mark.parametrize("of", [1, 7, 50])
def test_no_success_has_the_closed_form(of):
    """(1 - high)^n = 2.5 %."""
    found = share(0, of)
    assert found.low == 0 and found.high == pytest.approx(1 - 0.025 ** (1 / of), rel=1e-9)
    mirrored = share(of, of)
    assert mirrored.high == 1 and mirrored.low == pytest.approx(0.025 ** (1 / of), rel=1e-9)


@pytest.mark.parametrize(("count", "of"), [(3, 10), (41, 80), (99, 100)])
def test_ends_are_quantiles_of_beta_distributions(count, of):
    found = share(count, of)
    assert found.low == pytest.approx(beta.ppf(0.025, count, of - count + 1), rel=1e-6)
    assert found.high == pytest.approx(beta.ppf(0.975, count + 1, of - count), rel=1e-6)


def test_the_true_share_is_inside_with_at_least_the_confidence():
    """Summed over all outcomes, without simulation."""
    for true in (0.05, 0.3, 0.5, 0.9):
        intervals = [share(count, 25) for count in range(26)]
        covered = math.fsum(binom.pmf(each.count, 25, true) for each in intervals if each.low <= true <= each.high)
        assert covered >= 0.95

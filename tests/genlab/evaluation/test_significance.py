"""Tests of Welch's test and Holm's correction: tabled values, closed forms, and false positives on simulated tables."""

import itertools
import math

import numpy as np
import pytest

from genlab.errors import InputError
from genlab.evaluation.significance import LEVEL, holm, pairwise, welch


def test_with_two_values_each_of_equal_spread_the_p_value_has_a_closed_form():
    """t = sqrt(2) for {0, 2} against {2, 4}: two degrees of freedom, where P(|T| > t) = 1 - t / sqrt(2 + t^2)."""
    t = 2 / math.sqrt(1 + 1)
    assert welch([0.0, 2.0], [2.0, 4.0]) == pytest.approx(1 - t / math.sqrt(2 + t * t))


def test_the_degrees_of_freedom_are_those_of_welch_and_satterthwaite():
    """One sample varies 1,000 times more than the other: two degrees of freedom, those of its own three values alone."""
    wide, narrow = [0.0, 30.0, 60.0], [0.0, 0.03, 0.06]
    t = 29.97 / (30 / math.sqrt(3))
    assert welch(wide, narrow) == pytest.approx(1 - t / math.sqrt(2 + t * t), rel=1e-4)


def test_samples_without_variation_are_compared_as_they_are():
    assert welch([1.0, 1.0], [1.0, 1.0, 1.0]) == 1 and welch([1.0, 1.0], [2.0, 2.0]) == 0


@pytest.mark.parametrize("values", [[1.0], [1.0, math.nan], []])
def test_too_few_or_undefined_values_are_refused(values):
    with pytest.raises(InputError, match="expected at least two finite values"):
        welch(values, [1.0, 2.0])


def test_holm_gives_the_values_of_his_example():
    """The four p-values of a textbook example: 0.01, 0.04, 0.03, 0.005 -> 4 x 0.005, 3 x 0.01, 2 x 0.03, and 0.06 again, as 0.04 < 0.06."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == [] and holm([0.2]) == [0.2] and holm([0.9, 0.8]) == [1.0, 1.0]


def test_holm_rejects_what_the_closed_testing_procedure_with_bonferroni_rejects():
    """Independent truth: a hypothesis is rejected at a level if Bonferroni rejects every set of hypotheses that contains it."""
    generator = np.random.default_rng(0)
    for _ in range(50):
        p_values = list(generator.beta(0.3, 2, size=5))
        sets = [each for size in range(1, 6) for each in itertools.combinations(range(5), size)]
        smallest = [max(min(1.0, len(each) * min(p_values[i] for i in each)) for each in sets if index in each) for index in range(5)]
        assert holm(p_values) == pytest.approx(smallest)


def test_tables_of_equal_recipes_have_few_false_positives():
    """Five recipes with three seeds each, all with the same distribution: at most 5 % of 400 tables mark any pair as significant."""
    generator = np.random.default_rng(1)
    tables = [{str(name): generator.normal(size=3).tolist() for name in range(5)} for _ in range(400)]
    marked = sum(min(pairwise(table).values()) < LEVEL for table in tables)
    assert marked / len(tables) <= LEVEL
    alone = sum(welch(table["0"], table["1"]) < LEVEL for table in tables)
    assert 0.01 < alone / len(tables) <= LEVEL + 0.02  # one test keeps its level; with three values, Welch's test is conservative


def test_a_large_difference_is_found_and_every_pair_has_a_p_value():
    found = pairwise({"a": [1.0, 1.1, 0.9], "b": [1.05, 0.95, 1.0], "c": [9.0, 9.1, 8.9]})
    assert set(found) == {frozenset(pair) for pair in ("ab", "ac", "bc")}
    assert found[frozenset("ab")] > 0.5 and max(found[frozenset("ac")], found[frozenset("bc")]) < 0.001

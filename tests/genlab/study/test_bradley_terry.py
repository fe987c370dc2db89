"""Tests of the ranking: closed forms for two models, logistic regression, and coverage in simulations."""

import math

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from genlab.study.bradley_terry import Choice, normal_quantile, ranked


def choices_of(wins, participants=1):
    """Choices with these numbers of wins (K, K), dealt to participants in turn."""
    pairs = [(i, j) for i in range(len(wins)) for j in range(len(wins)) for _ in range(wins[i][j])]
    return [Choice(i, j, number % participants) for number, (i, j) in enumerate(pairs)]


def test_two_models_have_the_log_odds_and_their_interval():
    """b_1 - b_2 = log(30 / 10), with the variance 1 / 30 + 1 / 10 of the log-odds."""
    found = ranked(choices_of([[0, 30], [10, 0]]), 2)
    value, low, high = found.difference(0, 1, normal_quantile(0.95))
    assert value == pytest.approx(math.log(3), abs=1e-9)
    assert high - value == pytest.approx(1.959964 * math.sqrt(1 / 30 + 1 / 10), rel=1e-6) and value - low == pytest.approx(high - value)
    assert found.strength.sum() == pytest.approx(0, abs=1e-12) and found.finite
    assert found.high[0] - found.strength[0] == pytest.approx((high - value) / 2, rel=1e-6)


def test_strengths_are_those_of_logistic_regression():
    wins = [[0, 14, 9, 11], [6, 0, 8, 12], [5, 7, 0, 9], [2, 3, 6, 0]]
    choices = choices_of(wins)
    design = np.zeros((len(choices), 4))
    for row, choice in enumerate(choices):
        design[row, choice.winner], design[row, choice.loser] = 1, -1
    signs = np.where(np.arange(len(choices)) % 2, 1, -1)  # regression needs both outcomes
    regression = LogisticRegression(C=1e12, fit_intercept=False, tol=1e-10, max_iter=10_000).fit(design * signs[:, None], signs)
    expected = regression.coef_[0] - regression.coef_[0].mean()
    assert ranked(choices, 4).strength == pytest.approx(expected, abs=1e-4)


def test_a_balanced_tournament_has_equal_strengths():
    assert ranked(choices_of([[0, 5, 5], [5, 0, 5], [5, 5, 0]]), 3).strength == pytest.approx(0, abs=1e-12)


def test_a_model_that_always_wins_gets_half_an_answer_against_it():
    """Haldane's correction for two models: log(10.5 / 0.5)."""
    found = ranked(choices_of([[0, 10], [0, 0]]), 2)
    assert not found.finite and found.strength[0] - found.strength[1] == pytest.approx(math.log(21), abs=1e-9)
    assert np.isfinite(found.low).all() and np.isfinite(found.high).all()


def test_models_that_are_not_compared_have_no_ranking():
    with pytest.raises(ValueError, match="not connected"):
        ranked(choices_of([[0, 3, 0, 0], [2, 0, 0, 0], [0, 0, 0, 4], [0, 0, 1, 0]]), 4)


@pytest.mark.parametrize("spread", [0.0, 1.0])
def test_intervals_contain_the_true_strengths(spread):
    """In 300 simulated studies, also if participants differ: the strengths of each have a normal deviation.

    With a deviation, the true value is that of the population: the maximum of the expected likelihood, here from 200,000 answers.
    """
    strengths = np.array([0.8, 0.1, -0.2, -0.7])
    rng = np.random.default_rng(0)

    def study(participants, each):
        own = strengths + spread * rng.normal(size=(participants, 4))
        first = rng.integers(0, 4, (participants, each))
        second = (first + rng.integers(1, 4, (participants, each))) % 4
        rows = np.arange(participants)[:, None]
        wins = rng.random((participants, each)) < 1 / (1 + np.exp(own[rows, second] - own[rows, first]))
        winner, loser = np.where(wins, first, second), np.where(wins, second, first)
        return [Choice(int(winner[p, t]), int(loser[p, t]), p) for p in range(participants) for t in range(each)]

    true = strengths - strengths.mean() if spread == 0 else ranked(study(10_000, 20), 4).strength
    covered = np.mean([(found.low <= true) & (true <= found.high) for found in (ranked(study(20, 18), 4) for _ in range(300))])
    assert 0.94 <= covered <= 0.995  # the larger of two errors: at least the confidence, up to the chance of 300 simulations

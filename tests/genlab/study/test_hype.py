"""Tests of the HYPE score."""

import numpy as np
import pytest

from genlab.study.hype import hype


def judged(rng, participants, generated_wrong, real_wrong, each=20):
    """Answers of participants with these chances of a wrong one."""
    return [
        (who, bool(rng.random() < (real_wrong if real else generated_wrong)), real)
        for who in range(participants)
        for real in (False, True)
        for _ in range(each)
    ]


def test_the_score_is_the_mean_of_both_shares_of_wrong_answers():
    answers = [(0, True, False)] * 3 + [(0, False, False)] + [(1, True, True)] + [(1, False, True)] * 3
    assert hype(answers)["value"] == pytest.approx(100 * (3 / 4 + 1 / 4) / 2)


def test_guessing_has_a_score_of_50():
    answers = [(who, wrong, real) for who in range(4) for wrong in (True, False) for real in (True, False)]
    assert hype(answers) == {"value": 50, "low": 50, "high": 50}  # all participants are alike


def test_an_interval_needs_two_participants_and_a_score_both_kinds_of_images():
    assert hype([(0, True, False), (0, False, True)]) == {"value": 50, "low": None, "high": None}
    assert hype([(0, True, False), (1, True, False)]) is None and hype([]) is None


def test_intervals_contain_the_true_score_of_participants_that_differ():
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(60):
        skills = rng.beta(4, 4, 25)  # mean 1 / 2
        answers = [(who, wrong, real) for who, skill in enumerate(skills) for _, wrong, real in judged(rng, 1, 0.6 * skill, 0.4 * skill)]
        found = hype(answers)
        covered += found["low"] <= 25 <= found["high"]  # 100 x (0.6 + 0.4) / 2 x 1 / 2
    assert covered >= 52  # 95 % of 60 are 57, with a deviation of 1.7

"""Tests of Krippendorff's alpha, against published values."""

import math

import numpy as np
import pytest

from genlab.study.agreement import krippendorffs_alpha

# Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), part C: four observers, missing answers; nominal alpha = 0.743.
KRIPPENDORFF = ["123321412...", "1233224125.3", ".3332342251.", "12332441251."]
# The example of the article in Wikipedia: three coders; nominal alpha = 0.691.
WIKIPEDIA = [".....34121133.3", "1.213343.......", "..21344.21133.4"]


def units(rows):
    return [[row[place] for row in rows if row[place] != "."] for place in range(min(map(len, rows)))]


def test_the_published_example_of_four_observers():
    assert krippendorffs_alpha(units(KRIPPENDORFF)) == pytest.approx(0.743, abs=5e-4)


def test_the_published_example_of_three_coders():
    assert krippendorffs_alpha(units(WIKIPEDIA)) == pytest.approx(0.691, abs=5e-4)


def test_perfect_agreement_is_one_and_chance_is_zero():
    assert krippendorffs_alpha([[0, 0], [1, 1], [0, 0, 0]]) == 1
    rng = np.random.default_rng(0)
    assert krippendorffs_alpha(rng.integers(0, 2, (4000, 5)).tolist()) == pytest.approx(0, abs=0.02)


def test_two_observers_who_always_differ():
    """n = 2 units x 2 answers: D_o = 4, D_e = (2 x 2 + 2 x 2) / 3, hence 1 - 4 / (8 / 3) = -1 / 2."""
    assert krippendorffs_alpha([[0, 1], [1, 0]]) == pytest.approx(-0.5)


@pytest.mark.parametrize("answers", [[], [[1]], [[1, 1], [1, 1]]])
def test_without_different_answers_there_is_no_agreement_to_measure(answers):
    assert math.isnan(krippendorffs_alpha(answers))

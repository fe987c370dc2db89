"""Tests of the Inception Score against closed forms and its definition."""

import numpy as np
import pytest
from scipy.special import rel_entr

from genlab.errors import InputError
from genlab.metrics.inception_score import inception_score


def probabilities(count=200, classes=5, seed=0):
    return np.random.default_rng(seed).dirichlet(np.full(classes, 0.3), count)


def test_the_score_is_1_for_equal_rows_and_the_number_of_classes_for_certain_and_balanced_ones():
    assert inception_score(np.tile([[0.2, 0.5, 0.3]], (40, 1))) == pytest.approx((1, 0), abs=1e-12)
    balanced = np.tile(np.eye(7), (20, 1))
    assert inception_score(balanced, splits=1).value == pytest.approx(7)
    assert 5 < inception_score(balanced, splits=5).value < 7  # classes are not balanced within random parts
    assert inception_score(np.eye(7)[[0] * 10]).value == pytest.approx(1)  # certain, but one class only


def test_the_score_is_its_definition():
    rows = probabilities()
    expected = np.exp(rel_entr(rows, rows.mean(0)).sum(1).mean())
    assert inception_score(rows, splits=1).value == pytest.approx(expected, rel=1e-12)
    assert inception_score(rows.astype(np.float32), splits=1).value == pytest.approx(expected, rel=1e-6)
    assert inception_score(rows, splits=1).spread is None


def test_order_does_not_matter_and_the_spread_is_that_of_the_parts():
    rows = probabilities()
    found = inception_score(rows, splits=10)
    assert inception_score(rows[::-1], splits=10) == pytest.approx(found, rel=1e-9)
    assert 0 < found.spread < found.value
    assert found.value < inception_score(rows, splits=1).value  # p(y) of few images is nearer to each p(y | x)


def test_logits_and_too_few_images_are_clear_errors():
    with pytest.raises(InputError, match="expected probabilities: at least 0, adding up to 1"):
        inception_score(np.random.default_rng(0).normal(size=(20, 5)))
    with pytest.raises(InputError, match="got 9 generated images, expected at least 10"):
        inception_score(probabilities(9))

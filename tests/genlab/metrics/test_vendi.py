"""Tests of the Vendi score against closed forms and its definition."""

import numpy as np
import pytest

from genlab.errors import InputError
from genlab.metrics import blocks
from genlab.metrics.vendi import vendi_score


def features(count, size, seed=0):
    return np.random.default_rng(seed).normal(size=(count, size)).astype(np.float32)


def test_the_score_is_the_number_of_groups_of_equal_images():
    assert vendi_score(np.tile(features(1, 9), (20, 1))) == pytest.approx(1)
    assert vendi_score(np.repeat(np.eye(6), 5, axis=0)) == pytest.approx(6)
    assert vendi_score(np.eye(6)[[0] * 9 + [1]]) == pytest.approx(np.exp(-0.9 * np.log(0.9) - 0.1 * np.log(0.1)))  # shares 0.9 and 0.1


@pytest.mark.parametrize("count", [8, 60])
def test_the_score_is_the_entropy_of_the_eigenvalues_of_the_kernel_matrix(count, monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK", 7)
    x = features(count, 20).astype(float)
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    values = np.linalg.eigvalsh(unit @ unit.T / count)
    values = values[values > 1e-12]
    expected = np.exp(-(values * np.log(values)).sum())
    assert vendi_score(x) == pytest.approx(expected, rel=1e-9)
    assert vendi_score(3 * x[::-1]) == pytest.approx(expected, rel=1e-9)


def test_collapse_lowers_the_score():
    x = features(200, 16)
    scores = [vendi_score(np.tile(x[:modes], (200 // modes, 1))) for modes in (200, 8, 4, 2)]
    assert scores == sorted(scores, reverse=True) and scores[-1] <= 2 + 1e-9


def test_no_images_are_a_clear_error():
    with pytest.raises(InputError, match="got 0 given images, expected at least 1"):
        vendi_score(features(0, 4))

"""Tests of streamed means and covariances."""

import numpy as np
import pytest

from genlab.errors import InputError
from genlab.metrics.moments import moments_of, moments_of_batches


def features(count=100, size=6, seed=0):
    return (np.random.default_rng(seed).normal(size=(count, size)) * 3 + 50).astype(np.float32)


def test_moments_are_numpys_mean_and_covariance_for_any_batches_and_order():
    rows = features()
    for sizes in ([100], [1, 99], [33, 0, 33, 34], [1] * 100):
        found = moments_of_batches(np.split(rows[::-1], np.cumsum(sizes)[:-1]))
        assert found.count == 100
        assert found.mean == pytest.approx(rows.mean(0, dtype=float), rel=1e-12)
        assert found.covariance == pytest.approx(np.cov(rows.T.astype(float)), rel=1e-9)


def test_the_sum_of_moments_is_the_moments_of_both_sets():
    both, parts = (
        moments_of(np.concatenate([features(40), features(70, seed=1)])),
        [moments_of(features(40)), moments_of(features(70, seed=1))],
    )
    found = parts[0] + parts[1]
    assert found.count == 110 and found.mean == pytest.approx(both.mean) and found.scatter == pytest.approx(both.scatter, rel=1e-9)


def test_no_features_and_features_of_two_extractors_are_clear_errors():
    with pytest.raises(InputError, match="got no features"):
        moments_of(features(0))
    with pytest.raises(InputError, match="Moments of 6 and of 5 features cannot be added"):
        moments_of(features()) + moments_of(features(size=5))

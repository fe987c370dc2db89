"""Cache of the statistics of reference images."""

import numpy as np
import pytest

from genlab.evaluation import statistics
from genlab.evaluation.statistics import within_reference
from genlab.metrics.comparison import Subsets, compare, of_set


def features(seed=0, count=30):
    return np.random.default_rng(seed).normal(size=(count, 8)).astype(np.float32)


def test_statistics_are_computed_once_and_equal_to_the_bit(tmp_path, monkeypatch):
    subsets = Subsets(number=4)
    expected = of_set(features(), subsets)
    for known in (within_reference(features(), subsets, None), within_reference(features(), subsets, tmp_path)):
        assert all(np.array_equal(*pair) for pair in zip(known, expected, strict=True))

    def refuse(*_):
        raise AssertionError("computed again")

    monkeypatch.setattr(statistics, "of_set", refuse)
    cached = within_reference(features(), subsets, tmp_path)
    assert compare(features(), features(1), subsets, cached) == compare(features(), features(1), subsets)
    for other, changed in ((features(2), subsets), (features(count=29), subsets), (features(), Subsets(number=5))):
        with pytest.raises(AssertionError, match="computed again"):
            within_reference(other, changed, tmp_path)

"""Tests of the random order that depends on the rows only."""

import numpy as np

from genlab.metrics.content_order import content_order


def test_any_arrangement_of_the_same_rows_is_brought_into_one_order():
    rows = np.random.default_rng(0).normal(size=(50, 7)).astype(np.float32)
    other = np.random.default_rng(1).permutation(50)
    assert sorted(content_order(rows, 3)) == list(range(50))
    assert (rows[content_order(rows, 3)] == rows[other][content_order(rows[other], 3)]).all()
    assert (content_order(rows, 3) != content_order(rows, 4)).any()


def test_the_order_is_random():
    """Were it sorted by content, the first half would lie on one side."""
    rows = np.random.default_rng(0).normal(size=(4000, 2))
    half = rows[content_order(rows, 0)][:2000]
    assert np.abs(half.mean(0)).max() < 4 / np.sqrt(2000)

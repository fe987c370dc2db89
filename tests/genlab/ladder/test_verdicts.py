"""Tests of verdicts on made-up reactions."""

import numpy as np
import pytest

from genlab.ladder.measure import Measured, Rungs
from genlab.ladder.verdicts import Sight, deviations, distances, first_seen, sight, verdicts


def test_deviations_are_those_of_undamaged_samples_and_positive_if_worse():
    rungs = Rungs([1.0, 2.0, 3.0], {"blur": [2.0, 5.0]})  # mean 2, standard deviation 1
    assert deviations(rungs, 1)["blur"] == pytest.approx([0, 3])
    assert deviations(rungs, -1)["blur"] == pytest.approx([0, -3])
    assert deviations(rungs, 1, floor=3.0)["blur"] == pytest.approx([0, 1])


@pytest.mark.parametrize(
    ("far", "expected", "first"),
    [
        ([1, 5, 9, 20], Sight.SEEN, 2),
        ([5, 9, 9, 9], Sight.SEEN, 1),  # saturated
        ([50, 60, 20, 30], Sight.UNORDERED, 1),
        ([-9, 0, 5, 9], Sight.UNORDERED, 3),
        ([5, 1.5, 9, 9], Sight.SEEN, 3),  # a step back within the scatter
        ([1, 2, 3, 4], Sight.BLIND, None),
        ([5, 9, 9, -2], Sight.BLIND, None),
        ([0, -5, -9, -30], Sight.WRONG, None),
    ],
)
def test_a_reaction_is_seen_if_its_end_is_certain_and_no_step_is_an_improvement(far, expected, first):
    assert (sight(np.array(far, float)), first_seen(np.array(far, float))) == (expected, first)


def test_the_scatter_of_a_share_is_at_least_one_image():
    rungs = Rungs([0.0, 0.0, 0.0], {"memorised": [0.01, 0.5]})
    measured = Measured("emoji", (32, 32, 3), 100, {"pixels": {"memorised": rungs}})
    assert distances(measured, "pixels", "memorised")["memorised"] == pytest.approx([1, 50])
    assert verdicts(measured, "pixels", "memorised")["memorised"] == (Sight.SEEN, 2, True)


def test_results_survive_json():
    measured = Measured("emoji", (32, 32, 3), 100, {"pixels": {"kid": Rungs([1.0, 2.0], {"blur": [3.0]})}})
    assert Measured.from_json(measured.to_json()) == measured

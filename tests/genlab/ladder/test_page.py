"""Tests of docs/metrics.md and of the numbers that it shows."""

import json

import pytest
from conftest import ROOT

from genlab.ladder.measure import Measured
from genlab.ladder.metrics import METRICS
from genlab.ladder.page import REASONS, page
from genlab.ladder.verdicts import Sight, verdicts


@pytest.fixture(scope="module")
def results():
    return [Measured.from_json(each) for each in json.loads((ROOT / "docs/metrics/ladder.json").read_text(encoding="utf-8"))]


def test_the_page_is_that_of_the_numbers(results):
    assert (ROOT / "docs/metrics.md").read_text(encoding="utf-8") == page(results), "run `python scripts/metrics_ladder.py --page-only`"


def test_the_order_is_right_wherever_a_metric_claims_to_measure_a_damage(results):
    failed = [
        (measured.images, space, metric, damage, str(verdict.sight))
        for measured in results
        for space, metrics in measured.spaces.items()
        for metric in metrics
        for damage, verdict in verdicts(measured, space, metric).items()
        if verdict.claimed and verdict.sight != Sight.SEEN
    ]
    assert not failed


def test_all_metrics_and_damages_are_on_the_page(results):
    assert {metric for each in results for metrics in each.spaces.values() for metric in metrics} == set(METRICS)
    kinds = {kind for each in results for metrics in each.spaces.values() for rungs in metrics.values() for kind in rungs.damaged}
    assert kinds == set(REASONS)


def test_every_picture_of_the_page_exists(results):
    text = page(results)
    pictures = [f"{each.images}_{kind}{end}.webp" for each in results for kind in REASONS for end in ("", "_scores")]
    shown = [name for name in pictures if name in text]
    assert len(shown) == 2 * (6 + 5)
    assert all((ROOT / "docs/metrics" / name).is_file() for name in shown)

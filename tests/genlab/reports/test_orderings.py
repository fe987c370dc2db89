"""Tests of published orderings: what is declared, and the verdicts on scores whose truth is known."""

import pytest
from conftest import parameters
from seed_spreads import spread_of

from genlab.evaluation.significance import holm, welch
from genlab.evaluation.spread import Spread
from genlab.reports import orderings
from genlab.reports.orderings import PUBLISHED, Measure, Ordering, Says, Verdict, judge, verdict

LOW, HIGH = Spread((0.9, 1.0, 1.1)), Spread((8.9, 9.0, 9.1))


def ordering(says=Says.BETTER, measure=Measure.QUALITY):
    return Ordering("a", says, "b", measure, "claim", "source")


@pytest.mark.parametrize(
    ("says", "measure", "subject", "other", "p", "expected"),
    [
        (Says.BETTER, Measure.QUALITY, LOW, HIGH, 0.01, Verdict.SURVIVES),  # low KID is good
        (Says.BETTER, Measure.QUALITY, HIGH, LOW, 0.01, Verdict.REVERSED),
        (Says.BETTER, Measure.QUALITY, LOW, HIGH, 0.05, Verdict.UNDECIDED),
        (Says.BETTER, Measure.DIVERSITY, HIGH, LOW, 0.01, Verdict.SURVIVES),  # high recall is good
        (Says.BETTER, Measure.DIVERSITY, LOW, HIGH, 0.01, Verdict.REVERSED),
        (Says.NO_BETTER, Measure.QUALITY, LOW, HIGH, 0.01, Verdict.REVERSED),
        (Says.NO_BETTER, Measure.QUALITY, LOW, HIGH, 0.2, Verdict.NOT_CONTRADICTED),
        (Says.NO_BETTER, Measure.QUALITY, HIGH, LOW, 0.01, Verdict.NOT_CONTRADICTED),
    ],
)
def test_a_verdict_follows_from_direction_and_significance(says, measure, subject, other, p, expected):
    assert verdict(ordering(says, measure), subject, other, p) is expected


def test_every_ordering_is_about_recipes_of_conf_on_one_image_set_and_names_its_paper():
    known = parameters("base")
    for each in PUBLISHED:
        assert known[each.subject]["images"] == known[each.other]["images"] and each.subject != each.other
        assert each.source.startswith("arXiv:") and each.claim


def test_two_papers_on_the_same_recipes_share_one_test_and_missing_recipes_are_left_out():
    kids = {"gan": (0.5, 0.51, 0.52), "lsgan": (0.1, 0.11, 0.12), "wgan": (0.5, 0.6, 0.4)}
    found = {
        (each.ordering.subject, each.ordering.says): each
        for each in judge({name: spread_of(name, values) for name, values in kids.items()})
    }
    assert {*found} == {("lsgan", Says.BETTER), ("lsgan", Says.NO_BETTER), ("wgan", Says.NO_BETTER)}
    of_lsgan, of_wgan = holm([welch(kids[name], kids["gan"]) for name in ("lsgan", "wgan")])
    better, no_better = found["lsgan", Says.BETTER], found["lsgan", Says.NO_BETTER]
    assert better.p == no_better.p == of_lsgan < 0.01 and found["wgan", Says.NO_BETTER].p == of_wgan
    assert better.single == welch(kids["lsgan"], kids["gan"]) == better.p / 2  # the smaller one of two tests
    assert better.agrees and not no_better.agrees and better.verdict is Verdict.SURVIVES and no_better.verdict is Verdict.REVERSED


def test_recipes_with_undefined_scores_are_not_judged():
    assert judge({"gan": spread_of("gan", (0.5, 0.6)), "lsgan": spread_of("lsgan", (0.5, float("nan")))}) == []


def test_orderings_by_recall_take_recall(monkeypatch):
    monkeypatch.setattr(orderings, "PUBLISHED", (Ordering("gan", Says.BETTER, "wgan", Measure.DIVERSITY, "", ""),))
    spreads = {"gan": spread_of("gan", (0.5, 0.6), recall=(0.8, 0.81)), "wgan": spread_of("wgan", (0.5, 0.6), recall=(0.1, 0.11))}
    (judged,) = judge(spreads)
    assert judged.subject.values == (0.8, 0.81) and judged.verdict is Verdict.SURVIVES

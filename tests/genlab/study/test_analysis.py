"""Tests of the analysis with simulated participants of known skill: shares, ranking and their intervals are recovered."""

import itertools
import json

import pytest
from study_people import answers, file_of, files_of, fooled, preferring, study_of

from genlab.study.analysis import analysed, metrics_of

CHANCES = {"gan": 0.25, "lsgan": 0.6, "real": 0.85}  # of the answer `real`
STRENGTHS = {"a": 0.7, "b": 0.0, "c": -0.7}
RULES = {"failed_checks": 0, "fastest_milliseconds": 200, "fast_share": 0.2, "same_answer_share": 1}


def results_of(made, files):
    return analysed(made.study, made.key, files)


def test_shares_and_their_intervals_are_recovered():
    """40 studies of 12 participants: 80 intervals, of which at least 95 % should contain the true share."""
    made, covered, order = study_of(), [], []
    for seed in range(40):
        found = results_of(made, files_of(made, 12, fooled(CHANCES), seed))
        for name in ("gan", "lsgan"):
            fooled_share = found["models"][name]["fooled"]
            assert fooled_share["of"] == 12 * 4
            covered.append(fooled_share["low"] <= CHANCES[name] <= fooled_share["high"])
        order.append(found["ranking"] == ["lsgan", "gan"])
    assert sum(covered) >= 72 and all(order)  # 76 expected, with a deviation of 2


def test_the_hype_score_is_the_mean_of_wrong_answers():
    made = study_of(trials=200, items=60)
    found = results_of(made, files_of(made, 20, fooled(CHANCES), seed=1))
    for name in ("gan", "lsgan"):
        hype = found["models"][name]["hype"]
        true = 50 * (CHANCES[name] + 1 - CHANCES["real"])
        assert hype["low"] < true < hype["high"] and hype["high"] - hype["low"] < 8
    assert found["real_judged_generated"]["share"] == pytest.approx(1 - CHANCES["real"], abs=0.03)


def test_the_ranking_of_preferences_and_its_intervals_are_recovered():
    """40 studies of 15 participants with 12 choices each."""
    made, covered, order = study_of(kind="preference", models=["a", "b", "c"], trials=12, items=6, exclusion=RULES), [], []
    for seed in range(40):
        found = results_of(made, files_of(made, 15, preferring(STRENGTHS), seed))
        order.append(found["ranking"] == ["a", "b", "c"])
        for name, true in STRENGTHS.items():
            strength = found["models"][name]["strength"]
            covered.append(strength["low"] <= true <= strength["high"])
    assert sum(covered) >= 110 and sum(order) >= 38  # 114 of 120 expected


def test_the_sides_of_pairs_do_not_matter():
    """A participant who always prefers b, wherever it is: no finite strength, and a share of 0."""
    made = study_of(kind="preference", models=["a", "b"], trials=8, items=8, exclusion=RULES)
    found = results_of(made, files_of(made, 3, lambda group, rng: 1))
    (pair,) = found["pairs"]
    assert (pair["count"], pair["of"]) == (0, 24) and found["ranking"] == ["b", "a"] and not found["finite"]


def test_generated_images_chosen_as_the_real_one_fool():
    made = study_of(kind="real_against_generated")
    found = results_of(made, files_of(made, 6, lambda group, rng: int(group == "lsgan")))
    assert [found["models"][name]["fooled"]["share"] for name in ("gan", "lsgan")] == [0, 1]


def test_excluded_participants_do_not_count_and_are_listed():
    made = study_of()
    sleepy = answers(made, 5, fooled({"gan": 1, "lsgan": 1, "real": 0.5}), attentive=False)
    files = files_of(made, 4, fooled(CHANCES)) | {"damaged.json": b"{"}
    found, more = results_of(made, files), results_of(made, files | {"sleepy.json": file_of(sleepy)})
    assert more["excluded"] == {sleepy["participant"]: ["failed 2 of 2 attention checks, more than 1"]}
    assert found["models"] == more["models"] and (more["participants"], more["files"]) == (4, 6)
    assert list(more["skipped"]) == ["damaged.json"]


def test_images_seen_twice_count_only_without_a_time_limit():
    for limit, count in ((None, 16), (500, 15)):
        made = study_of(exposure_milliseconds=limit)
        given = answers(made, 0, fooled(CHANCES))
        scored = next(place for place, each in enumerate(given["answers"]) if made.key["items"][each["item"]]["group"] == "gan")
        given["answers"][scored]["views"] = 2
        found = results_of(made, {"a.json": file_of(given)})
        assert (found["answers"], found["repeated"]) == (count, 16 - count)


def test_results_do_not_depend_on_the_order_of_files():
    made = study_of()
    files = files_of(made, 5, fooled(CHANCES))
    orders = [results_of(made, {name: files[name] for name in order}) for order in itertools.islice(itertools.permutations(files), 3)]
    assert orders[0] == orders[1] == orders[2]


def test_without_answers_there_are_results_without_scores():
    made = study_of()
    found = results_of(made, {})
    assert found["participants"] == 0 and found["models"]["gan"].keys() == {"checkpoint", "data_hash"}
    assert metrics_of(found) == {"participants": 0, "answers": 0, "excluded": 0, "skipped": 0}


def test_agreement_is_that_of_participants_who_judge_alike():
    """All take each image of lsgan, and no other generated one, for real: they agree on every item."""
    made = study_of()
    found = results_of(made, files_of(made, 12, fooled({"gan": 0, "lsgan": 1, "real": 1})))
    assert found["agreement"] == {"krippendorffs_alpha": 1, "items": 32}


def test_results_are_json_and_their_numbers_are_metrics():
    made = study_of()
    found = results_of(made, files_of(made, 1, fooled(CHANCES)))
    json.dumps(found, allow_nan=False)
    metrics = metrics_of(found)
    assert {"gan/fooled", "gan/fooled_low", "gan/fooled_high", "gan/hype", "participants"} <= metrics.keys()
    assert "gan/hype_low" not in metrics  # one participant has no interval

"""Tests of the design of a study: balance, seeds, and that what participants get does not tell what the images are."""

import json
from collections import Counter

import pytest
from study_people import study_of

from genlab.study.design import hash_of
from genlab.study.settings import CHECK, KINDS, PREFERENCE, REAL

THREE = {"models": ["a", "b", "c"], "trials": 12, "items": 6, "forms": 9}


def owners(made, trial):
    return [made.key["images"][image]["owner"] for image in trial["shown"]]


@pytest.mark.parametrize("kind", KINDS)
def test_every_participant_sees_each_model_equally_often_and_no_image_twice(kind):
    made = study_of(kind=kind, **THREE)
    for form in made.study["forms"]:
        groups = Counter(made.key["items"][trial["item"]]["group"] for trial in form)
        assert groups.pop(CHECK) == 2
        assert groups.pop(REAL, 6) == 6 and len(groups) == 3 and len(set(groups.values())) == 1
        images = [image for trial in form for image in trial["shown"]]
        assert len(set(images)) == len(images)


@pytest.mark.parametrize("kind", [PREFERENCE, "real_against_generated"])
def test_each_side_has_each_model_equally_often(kind):
    made = study_of(kind=kind, **THREE)
    for form in made.study["forms"]:
        counted = [trial for trial in form if made.key["items"][trial["item"]]["group"] != CHECK]
        left, right = (Counter(owners(made, trial)[side] for trial in counted) for side in (0, 1))
        assert left == right


def test_images_are_used_equally_often_over_all_forms():
    made = study_of(kind=PREFERENCE, **THREE)
    used = Counter(trial["item"] for form in made.study["forms"] for trial in form)
    counts = {used[item] for item, entry in made.key["items"].items() if "|" in entry["group"]}
    assert counts == {9 * 4 // 6}  # forms x trials per pair / items


def test_checks_are_spread_and_never_first():
    """One in each quarter of the 40 trials."""
    made = study_of(checks=4, trials=40, items=10)
    for form in made.study["forms"]:
        places = [place for place, trial in enumerate(form) if made.key["items"][trial["item"]]["group"] == CHECK]
        assert places[0] > 0 and [(place - number) // 10 for number, place in enumerate(places)] == [0, 1, 2, 3]


def test_forms_differ_in_their_order():
    forms = study_of().study["forms"]
    assert len({tuple(trial["item"] for trial in form) for form in forms}) == len(forms)


def test_equal_seeds_give_equal_studies_and_other_seeds_others():
    first, again, other = study_of(seed=3), study_of(seed=3), study_of(seed=4)
    assert first == again and first.key["hash"] != other.key["hash"]
    assert not set(first.images) & set(other.images)


def test_the_hash_covers_the_rules_of_exclusion():
    study = study_of().study
    changed = study | {"exclusion": study["exclusion"] | {"failed_checks": 2}}
    assert hash_of(study) != hash_of(changed)


@pytest.mark.parametrize("kind", KINDS)
def test_what_participants_get_does_not_tell_what_the_images_are(kind):
    """No name of a model is in it; neither ids nor their order nor the sides separate real from generated images."""
    made = study_of(kind=kind, models=["alpha", "beta"], trials=24, items=24)
    text = json.dumps(made.study)
    assert not any(word in text for word in ("alpha", "beta", "seed", "origin"))
    assert list(made.images) == sorted(made.images)
    first = "alpha" if kind == PREFERENCE else REAL
    ids = [image for image in made.images if made.key["images"][image]["owner"] in ("alpha", "beta", REAL)]
    place = sum(rank for rank, image in enumerate(ids) if made.key["images"][image]["owner"] == first)
    count = sum(made.key["images"][image]["owner"] == first for image in ids)
    spread = (count * (len(ids) - count) * (len(ids) + 1) / 12) ** 0.5  # of a rank sum, Wilcoxon 1945
    assert abs(place - count * (len(ids) - 1) / 2) < 3 * spread


def test_practice_trials_have_their_right_answer_and_images_of_their_own():
    made = study_of(kind="real_against_generated", practice=4)
    for trial in made.study["practice"]:
        assert owners(made, trial)[trial["right"]] == REAL
    practised = {image for trial in made.study["practice"] for image in trial["shown"]}
    assert not practised & {image for form in made.study["forms"] for trial in form for image in trial["shown"]}
    assert all("right" not in trial for form in made.study["forms"] for trial in form)

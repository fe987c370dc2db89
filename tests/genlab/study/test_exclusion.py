"""Tests of the rules of exclusion."""

from study_people import answers, file_of, fooled, study_of

from genlab.study.answers import read
from genlab.study.exclusion import reasons

MADE = study_of()
ALWAYS = fooled({"gan": 0.0, "lsgan": 0.0, "real": 1.0})  # answers each trial correctly
REAL_EACH_TIME = fooled({"gan": 1.0, "lsgan": 1.0, "real": 1.0})


def why(made=MADE, judge=ALWAYS, **options):
    return reasons(read(file_of(answers(made, 0, judge, **options)), made.study), made.study, made.key)


def test_an_attentive_participant_counts():
    assert why() == []


def test_failed_checks_exclude():
    assert why(attentive=False) == ["failed 2 of 2 attention checks, more than 1"]


def test_checks_of_two_images_are_passed_on_either_side():
    made = study_of(kind="real_against_generated")
    for number in range(6):
        given = answers(made, number, lambda group, rng: int(rng.integers(2)))
        assert reasons(read(file_of(given), made.study), made.study, made.key) == []


def test_fast_answers_exclude():
    assert why(milliseconds=120) == ["100% of the answers took less than 200 ms, more than 20%"]


def test_the_same_key_each_time_excludes():
    assert why(judge=REAL_EACH_TIME) == ["100% of the answers are the same key, more than 95%"]


def test_all_reasons_are_given():
    assert len(why(judge=REAL_EACH_TIME, attentive=False, milliseconds=0)) == 3


def test_the_rules_are_those_of_the_study_file():
    tolerant = study_of(exclusion={"failed_checks": 2, "fastest_milliseconds": 0, "fast_share": 1, "same_answer_share": 1})
    assert why(tolerant, REAL_EACH_TIME, attentive=False, milliseconds=0) == []

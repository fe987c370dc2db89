"""Tests of reading files of answers: each wrong file is one clear error, and the others still count."""

import json

import pytest
from study_people import answers, file_of, fooled, study_of

from genlab.study.answers import AnswerError, collected, read

MADE = study_of()
JUDGE = fooled({"gan": 0.5, "lsgan": 0.5, "real": 0.5})
GIVEN = answers(MADE, 0, JUDGE)


def changed(index=0, **values):
    """A file whose answer of one trial has other values."""
    return GIVEN | {"answers": [each | (values if place == index else {}) for place, each in enumerate(GIVEN["answers"])]}


def test_a_complete_file_is_read():
    found = read(file_of(GIVEN), MADE.study)
    assert found.code == GIVEN["participant"] and [each.item for each in found.answers] == [each["item"] for each in GIVEN["answers"]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "it is damaged, or no JSON file"),
        (file_of(GIVEN)[:-40], "it is damaged, or no JSON file"),
        (b"\xff\xfe{}", "it is damaged, or no JSON file"),
        (b"[" * 100_000, "it is damaged, or no JSON file"),
        (b" " * 1_000_001, "it has 1,000,001 bytes, expected at most 1,000,000"),
        (b"[]", "got list, expected a mapping with study, hash, participant, form, consent, answers."),
        (file_of({"study": "mine"}), "got the keys 'study', expected a mapping"),
        (file_of(GIVEN | {"name": "Ann"}), "got the keys 'study'"),
        (file_of(GIVEN | {"hash": "0" * 64}), "these are answers to the study 'mine' with the hash '000000"),
        (file_of(GIVEN | {"study": "other"}), "these are answers to the study 'other'"),
        (file_of(GIVEN | {"participant": "Ann"}), "participant: got 'Ann', expected 16 hexadecimal digits."),
        (file_of(GIVEN | {"consent": "yes"}), "consent: the participant has not agreed."),
        (file_of(GIVEN | {"form": 6}), "form: got 6, expected a whole number from 0 to 5."),
        (file_of(GIVEN | {"form": True}), "form: got True"),
        (
            file_of(GIVEN | {"answers": GIVEN["answers"][:-1]}),
            "answers: got 17 answers, expected 18, one per trial. The participant has not",
        ),
        (file_of(GIVEN | {"answers": None}), "answers: got None, expected 18"),
        (file_of(GIVEN | {"answers": GIVEN["answers"][::-1]}), "answers[0].item: got '"),
        (file_of(changed(3, answer=2)), "answers[3].answer: got 2, expected 0 or 1."),
        (file_of(changed(3, answer=True)), "answers[3].answer: got True"),
        (file_of(changed(3, milliseconds=-1)), "answers[3].milliseconds: got -1, expected a number from 0"),
        (json.dumps(changed(3, milliseconds=float("nan"))).encode(), "answers[3].milliseconds: got nan"),
        (file_of(changed(3, views=0)), "answers[3].views: got 0"),
        (file_of(changed(3, more=1)), "answers[3]: got {"),
    ],
)
def test_a_wrong_file_is_one_clear_error(content, message):
    with pytest.raises(AnswerError) as caught:
        read(content, MADE.study)
    assert str(caught.value).startswith(message)


def test_files_that_cannot_be_used_are_listed_and_the_others_count():
    other = answers(MADE, 1, JUDGE)
    files = {"a.json": file_of(GIVEN), "b.json": b"{", "c.json": file_of(other), "copy of a.json": file_of(GIVEN)}
    found = collected(files, MADE.study)
    assert [each.code for each in found.participants] == [GIVEN["participant"], other["participant"]]
    assert list(found.skipped) == ["b.json", "copy of a.json"]
    assert found.skipped["copy of a.json"].startswith(f"participant {GIVEN['participant']} is also in a.json, which counts.")

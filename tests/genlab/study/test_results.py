"""Tests of the results of studies that a model's card shows."""

import pytest
from study_people import files_of, fooled, preferring, study_of

from genlab.engine.json_text import json_text
from genlab.errors import InputError
from genlab.study.analysis import analysed
from genlab.study.results import outcomes, sentence


@pytest.fixture
def folder(tmp_path):
    """Three studies: one with single images, one with pairs of models, and one without answers."""
    single, pairs = study_of(exposure_milliseconds=500), study_of(name="pairs", kind="preference", items=16)
    judged = {
        "single": (single, files_of(single, 6, fooled({"gan": 0.25, "lsgan": 0.5, "real": 0.8}))),
        "pairs": (pairs, files_of(pairs, 6, preferring({"gan": -1, "lsgan": 1}))),
        "new": (study_of(name="new"), {}),
    }
    for name, (made, files) in judged.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "results.json").write_text(json_text(analysed(made.study, made.key, files)))
    return tmp_path


def test_outcomes_of_a_model_are_those_of_its_weights(folder):
    found = outcomes(folder, "weights of gan")
    assert [(each.study, each.score, each.rank) for each in found] == [("pairs", "strength", 2), ("mine", "fooled", 2), ("mine", "hype", 2)]
    assert all(each.low < each.value < each.high and each.participants == 6 for each in found)
    assert outcomes(folder, "weights of another training") == []


def test_no_studies_are_no_outcomes(tmp_path):
    assert outcomes(tmp_path / "nothing", "weights") == []


def test_an_outcome_in_words_has_its_protocol(folder):
    words = [sentence(each) for each in outcomes(folder, "weights of lsgan")]
    assert words[0].startswith("strength of Bradley and Terry") and "images without a time limit; study pairs (" in words[0]
    assert words[1].startswith("share of its images taken for real, % (50 is chance): ")
    assert "rank 1 of 2; 6 participants, 96 answers, images for 500 ms" in words[1]


def test_a_damaged_file_is_named(folder):
    (folder / "new" / "results.json").write_text("{")
    with pytest.raises(InputError, match=r"new/results\.json is damaged .* --tags=analyse"):
        outcomes(folder, "weights of gan")

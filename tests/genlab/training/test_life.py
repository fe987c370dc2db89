"""Tests of the record of what happened to a training besides turns."""

import json

from genlab.training.life import Extension, Life, Restart, brief

LIFE = Life((Extension(24, 24, 48),), (Restart(20, 16, 0.5, "critic/loss = nan after 24 images"), Restart(28, 24, 0.25, "...")))


def test_a_life_survives_json_and_an_uneventful_one_is_empty():
    assert Life.from_json(json.loads(json.dumps(LIFE.to_json()))) == LIFE
    assert Life().to_json() == {} and Life.from_json({}) == Life() and Life().sentences() == []


def test_each_event_is_a_sentence():
    budget, first, second = LIFE.sentences()
    assert budget == "The budget was changed from 24 to 48 images after 24."
    assert first.endswith("from the state after 16, with 0.5 times the learning rates: critic/loss = nan after 24 images.")
    assert "0.25 times" in second


def test_a_message_is_shortened_to_its_first_term():
    message = "a/loss = nan, b/loss = inf after 1,024 images; a finite number was expected. Lower the learning rate, or ..."
    assert brief(message) == "a/loss = nan and 1 more after 1,024 images"
    assert brief("a/loss = nan after 8 images; ...") == "a/loss = nan after 8 images"

"""Tests of saved training states and of differences between experiments."""

import contextlib
import os
import pickle

import pytest
import torch

from genlab.errors import InputError
from genlab.training.state import Experiment, States

EXPERIMENT = Experiment({"model": {"class": "a.B", "lr": 0.1}, "seed": 0}, "data", {"genlab/a.py": "1", "genlab/b.py": "2"})


def test_a_second_trainer_of_the_same_experiment_is_refused(tmp_path):
    states = States(tmp_path)
    with (
        states.locked("key"),
        pytest.raises(InputError, match=rf"Process {os.getpid()} \(.*\) is training this very experiment"),
        states.locked("key"),
    ):
        pass
    with states.locked("other"), states.locked("key"):
        pass


def test_the_error_for_a_damaged_state_explains_what_to_do(tmp_path):
    with States(tmp_path).locked("key") as state:
        state.file.write_bytes(b"PK\x03\x04 half of it")
        with pytest.raises(InputError, match=r"state\.pt cannot be read .* Remove it to start this training from the beginning"):
            state.load("cpu")


def test_any_flipped_byte_of_the_weights_is_detected(tmp_path):
    with States(tmp_path).locked("key") as state:
        weights = torch.arange(50, dtype=torch.uint8)
        state.save({"images": 12, "weights": weights}, EXPERIMENT)
        content = state.file.read_bytes()
        start = content.index(bytes(weights.tolist()))
        for place in range(start, start + len(weights)):
            state.file.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
            with pytest.raises(InputError, match=r"state\.pt cannot be read \(the checksum of .* is wrong\)"):
                state.load("cpu")
        for place in range(0, len(content), 7):  # anywhere in the file: an error, or no difference
            state.file.write_bytes(content[:place] + bytes([content[place] ^ 255]) + content[place + 1 :])
            with contextlib.suppress(InputError):
                loaded = state.load("cpu")
                assert loaded["images"] == 12 and torch.equal(loaded["weights"], weights)


@pytest.mark.parametrize("content", [b"", b"some text", pickle.dumps({"images": 1}), pickle.dumps(print), bytes(100)])
def test_text_and_foreign_pickles_are_a_clear_error(tmp_path, content):
    with States(tmp_path).locked("key") as state:
        state.file.write_bytes(content)
        with pytest.raises(InputError, match=r"state\.pt cannot be read \(.+\)\. Remove it"):
            state.load("cpu")
        torch.save([torch.zeros(3)], state.file)
        with pytest.raises(InputError, match=r"it holds a list without the number of images seen"):
            state.load("cpu")


def test_only_the_last_complete_training_keeps_its_state(tmp_path):
    states = States(tmp_path)
    for seed, finished in ((1, True), (2, True), (3, False)):
        each = EXPERIMENT._replace(settings={"seed": seed})
        with states.locked(each.key) as state:
            state.save({"images": seed}, each, finished)
    states.keep_only(EXPERIMENT._replace(settings={"seed": 2}).key)
    assert sorted((each.images, each.finished) for each in states.stopped()) == [(2, True), (3, False)]


def test_a_saved_state_can_be_loaded_and_is_listed_until_it_is_forgotten(tmp_path):
    states = States(tmp_path)
    with states.locked(EXPERIMENT.key) as state:
        assert state.load("cpu") is None and states.stopped() == []
        state.save({"images": 12, "weights": torch.arange(3)}, EXPERIMENT)
        assert state.load("cpu")["weights"].tolist() == [0, 1, 2]
        (stopped,) = states.stopped()
        assert stopped.images == 12 and stopped.experiment == EXPERIMENT and stopped.experiment.key == EXPERIMENT.key
        state.forget()
        assert state.load("cpu") is None and states.stopped() == []


def test_states_are_sorted_from_newest_to_oldest(tmp_path):
    states = States(tmp_path)
    for number, seed in enumerate((1, 2, 3)):
        each = EXPERIMENT._replace(settings={"seed": seed})
        with states.locked(each.key) as state:
            state.save({"images": seed}, each)
            os.utime(state.file, ns=(number, number))
    assert [each.images for each in states.stopped()] == [3, 2, 1]


def test_differences_name_parameters_data_and_code():
    settings = {"model": {"class": "a.B", "lr": 0.2}, "budget": {"images": 8}}
    other = Experiment(settings, "other data", {"genlab/a.py": "1", "genlab/b.py": "3", "genlab/c.py": "4"})
    assert other.differences(EXPERIMENT) == [
        "model.lr: 0.2 (was 0.1)",
        "seed: not set (was 0)",
        "budget.images: 8 (was not set)",
        "the image set's content",
        "code genlab/b.py",
        "code genlab/c.py",
    ]
    assert EXPERIMENT.differences(EXPERIMENT) == [] and EXPERIMENT.key != other.key

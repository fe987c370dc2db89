"""Tests of saved training states and of differences between experiments."""

import os

import pytest
import torch

from genlab.errors import InputError
from genlab.training.state import Experiment, States

EXPERIMENT = Experiment({"model": {"class": "a.B", "lr": 0.1}, "seed": 0}, "data", {"genlab/a.py": "1", "genlab/b.py": "2"})


def test_a_second_trainer_of_the_same_experiment_is_refused(tmp_path):
    states = States(tmp_path)
    with (
        states.locked("key"),
        pytest.raises(InputError, match=rf"Process {os.getpid()} is training this very experiment"),
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

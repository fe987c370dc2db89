"""Tests of training without Kedro."""

import multiprocessing
import os
import signal

import pytest
import torch
from stand_ins import MODEL, image_set

from genlab.engine.files import DiskFullError
from genlab.errors import InputError
from genlab.training import fit as module
from genlab.training.events import Finished, Logged, PicturesDue, Resumed, Saving
from genlab.training.fit import fit
from genlab.training.interruption import Interrupted
from genlab.training.settings import Budget, Monitoring
from genlab.training.state import SavedState, States

COMPUTE = {"class": "genlab.engine.compute.Compute", "device": "cpu"}
BUDGET, OFTEN = Budget(images=40, batch_size=4), Monitoring(log_every=4, pictures_every=16, checkpoint_every=8)


class Listener:
    """Keep the reported events, add a note to each saved state, and stop training after `stop_after` images."""

    def __init__(self, stop_after=None):
        self.events, self.stop_after = [], stop_after

    def __call__(self, event):
        self.events.append(event)
        if isinstance(event, Saving):
            event.notes["run"] = "a"
        if isinstance(event, Logged) and event.images == self.stop_after:
            signal.raise_signal(signal.SIGTERM)

    def of(self, kind):
        return [event for event in self.events if isinstance(event, kind)]


def train(states=None, model=MODEL, listener=None, budget=BUDGET, monitoring=OFTEN, seed=0):
    return fit(model, image_set(), budget, seed, None, COMPUTE, monitoring, states, [listener] if listener else [])


def assert_equal(one, other):
    for name, value in one.recipe.state_dict().items():
        assert torch.equal(value, other.recipe.state_dict()[name]), name
    assert one.history.rows == other.history.rows


def test_events_come_in_order():
    listener = Listener()
    trained = train(listener=listener)
    assert [event.images for event in listener.of(PicturesDue)] == [0, 16, 32]
    assert [event.images for event in listener.of(Logged)] == list(range(4, 41, 4)) == [row["images"] for row in trained.history.rows]
    (finished,) = listener.of(Finished)
    assert finished.images == 40 and finished.summary["training_seconds"] > 0
    assert not listener.of(Saving)  # there is no folder to save to


def test_resumed_run_equals_straight_run(tmp_path):
    straight, states, stopped = train(), States(tmp_path), Listener(stop_after=20)
    with pytest.raises(Interrupted, match=r"after 20 of 40 images; the state is saved"):
        train(states, listener=stopped)
    resumed = Listener()
    assert_equal(train(states, listener=resumed), straight)
    (event,) = resumed.of(Resumed)
    assert event.images == 20 and event.notes == {"run": "a"} and event.rows[-1]["images"] == 20 + 20  # training appends to this list


def test_images_that_stay_on_the_device_change_nothing_and_a_training_continues_with_or_without_them(tmp_path):
    straight, states = train(), States(tmp_path)
    resident = COMPUTE | {"resident": True}
    assert_equal(straight, fit(MODEL, image_set(), BUDGET, 0, None, resident, OFTEN))
    with pytest.raises(Interrupted):
        fit(MODEL, image_set(), BUDGET, 0, None, resident, OFTEN, states, [Listener(stop_after=20)])
    assert_equal(straight, train(states))


def test_a_changed_experiment_reports_the_differences_and_resumes_if_requested(tmp_path, caplog):
    states = States(tmp_path)
    with pytest.raises(Interrupted):
        train(states, listener=Listener(stop_after=20))
    (stopped,) = states.stopped()
    changed = MODEL | {"loss": {"class": "genlab.losses.adversarial.WASSERSTEIN"}}
    train(states, changed, budget=Budget(8, 4))
    message = caplog.records[-1].getMessage()
    assert "stopped after 20 images is not continued" in message and stopped.experiment.key in message
    assert "model.loss.class: genlab.losses.adversarial.WASSERSTEIN (was genlab.losses.adversarial.HINGE)" in message
    resumed, asked = Listener(), Monitoring(**vars(OFTEN) | {"resume": stopped.experiment.key})
    train(states, changed, resumed, monitoring=asked)
    assert [event.images for event in resumed.of(Resumed)] == [20]
    for monitoring, budget, words in (
        (Monitoring(resume="cafe"), BUDGET, rf"got 'cafe', expected the key of a stopped training in .*{stopped.experiment.key} \(20"),
        (asked, Budget(40, 8), r"has batches of 4, this one of 8; .* Set `budget.batch_size` back"),
    ):
        with pytest.raises(InputError, match=words):
            train(states, changed, monitoring=monitoring, budget=budget, seed=1)


def test_a_state_of_an_earlier_version_is_named(tmp_path, caplog):
    states = States(tmp_path)
    with pytest.raises(Interrupted):
        train(states, listener=Listener(stop_after=20))
    (description,) = tmp_path.glob("*/experiment.json")
    description.unlink()
    train(states, budget=Budget(8, 4))
    (message,) = [record.getMessage() for record in caplog.records if "earlier version" in record.getMessage()]
    assert str(description.parent) in message and "cannot continue" in message


def test_changed_code_is_named(tmp_path, monkeypatch, caplog):
    states = States(tmp_path)
    with pytest.raises(Interrupted):
        train(states, listener=Listener(stop_after=20))
    real = module.experiment_of
    monkeypatch.setattr(module, "experiment_of", lambda *given: real(*given)._replace(code={"genlab/engine/stream.py": "changed"}))
    train(states, budget=Budget(8, 4))
    assert "code genlab/engine/stream.py" in caplog.records[-1].getMessage()


def test_a_recipe_object_can_be_trained_but_not_resumed(tmp_path):
    from genlab.build import build
    from genlab.engine.seeding import seed_everything

    seed_everything(0)
    assert_equal(train(model=build(MODEL)), train())
    with pytest.raises(InputError, match=r"model: got a GAN, expected its description"):
        train(States(tmp_path), model=build(MODEL))


def test_a_complete_training_is_not_repeated(tmp_path, caplog):
    caplog.set_level("INFO")
    states, first, second = States(tmp_path), Listener(), Listener()
    straight = train(states, listener=first)
    again = train(states, listener=second)
    assert_equal(again, straight)
    assert not second.of(Finished) and not second.of(Logged) and second.of(Resumed)[0].finished
    (state,) = tmp_path.iterdir()
    assert f"This training is complete (40 images): its result is taken from {state}. Remove that folder" in caplog.text
    other = Listener()
    train(states, listener=other, seed=1)
    assert other.of(Finished)  # another experiment is trained


def test_a_resumed_training_reports_from_where_it_continues(tmp_path, caplog):
    caplog.set_level("INFO")
    with pytest.raises(Interrupted):
        train(States(tmp_path), listener=Listener(stop_after=20))
    train(States(tmp_path))
    assert f"Continuing after 20 of 40 images, from the state in {next(tmp_path.iterdir())}." in caplog.text


def test_signals_to_the_whole_process_group_do_not_end_the_loaders_processes(tmp_path):
    """As a job scheduler or a terminal sends them."""
    compute = COMPUTE | {"workers": 2}
    listener = Listener()

    def kill_workers(event):
        if isinstance(event, Logged) and event.images == 8:
            for child in multiprocessing.active_children():
                for number in (signal.SIGTERM, signal.SIGINT):
                    os.kill(child.pid, number)

    trained = fit(MODEL, image_set(), BUDGET, 0, None, compute, OFTEN, None, [listener, kill_workers])
    assert len(listener.of(Finished)) == 1
    assert_equal(trained, train())


def test_a_full_disk_does_not_stop_a_training_but_its_last_save(tmp_path, monkeypatch, caplog):
    states, real, failures = States(tmp_path), SavedState.save, []

    def save(state, values, experiment, finished=False):
        if values["images"] < 24:
            failures.append(values["images"])
            raise DiskFullError("The disk is full: ...")
        real(state, values, experiment, finished)

    monkeypatch.setattr(SavedState, "save", save)
    assert_equal(train(states), train())
    assert failures == [8, 16] and "The state after 16 images is not saved; training goes on. The disk is full" in caplog.text
    with pytest.raises(DiskFullError):
        train(states, listener=Listener(stop_after=20), seed=1)


@pytest.mark.parametrize("batch_size", [1, 3])
def test_any_batch_size_trains(batch_size, caplog):
    """Batches of one image have no diversity; a number of images that is no multiple of the batch size leaves some over."""
    trained = train(budget=Budget(images=31, batch_size=batch_size))
    assert trained.history.rows[-1]["images"] >= 28
    assert not any("not finite" in record.getMessage() for record in caplog.records)
    assert ("health/diversity" in trained.history.frame().columns) == (batch_size > 1)

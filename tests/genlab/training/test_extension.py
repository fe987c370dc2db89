"""Trainings that go on under another budget: equal to straight ones bit for bit, or with the changes in words; and wrong budgets."""

import pytest
import torch
from stand_ins import MODEL, image_set

from genlab.build import build
from genlab.errors import InputError
from genlab.training import fit as module
from genlab.training.events import Finished, PicturesDue, Resumed
from genlab.training.extension import announcement
from genlab.training.fit import fit
from genlab.training.interruption import Interrupted
from genlab.training.life import Extension
from genlab.training.settings import Budget, Monitoring
from genlab.training.state import States

COMPUTE = {"class": "genlab.engine.compute.Compute", "device": "cpu"}
OFTEN = Monitoring(log_every=4, pictures_every=16, checkpoint_every=8)
COMPLETED = MODEL | {  # its completion replaces batch norm's statistics
    "average_half_life": 8.0,
    "batch_norm_batches": 2,
    "critic_steps": 2,
}
DECAYING = MODEL | {"decay_start": 0.5}
GROWING = {
    "class": "genlab.recipes.gan.GAN",
    "loss": {"class": "genlab.losses.adversarial.HINGE"},
    "generator": {"class": "genlab.networks.progan.Generator", "size": 16, "channels": 1, "latent_size": 4, "width": 4, "most": 4},
    "critic": {"class": "genlab.networks.progan.Critic", "size": 16, "channels": 1, "width": 4, "most": 4},
    "growth": {"class": "genlab.adversarial.growth.Growth", "phase": 0.2},
    "generator_optimizer": MODEL["generator_optimizer"],
    "critic_optimizer": MODEL["critic_optimizer"],
}


class Sum:
    """A scorer that returns the sum of the generator's weights."""

    name = "sum"

    def settings(self):
        return {"score": self.name}

    def __call__(self, recipe):
        return float(sum(parameter.sum() for parameter in recipe.generator.parameters()).detach())


def train(images, states=None, model=MODEL, monitoring=OFTEN, callbacks=(), scored=False, seed=0):
    scorer = (lambda recipe: Sum()) if scored else None
    return fit(model, image_set(), Budget(images, 4), seed, None, COMPUTE, monitoring, states, callbacks, scorer)


def assert_equal(one, other):
    assert one.recipe.state_dict().keys() == other.recipe.state_dict().keys()
    for name, value in one.recipe.state_dict().items():
        assert torch.equal(value, other.recipe.state_dict()[name]), name
    assert one.history.rows == other.history.rows


@pytest.mark.parametrize("scored", [False, True])
@pytest.mark.parametrize("model", [MODEL, COMPLETED], ids=["plain", "completed"])
def test_a_training_extended_twice_equals_a_straight_one_where_no_schedule_depends_on_the_budget(tmp_path, model, scored, caplog):
    caplog.set_level("INFO")
    states = States(tmp_path)
    for images in (16, 32, 48):
        extended = train(images, states, model, scored=scored)
    straight = train(48, None, model, scored=scored)
    assert_equal(extended, straight)
    assert "was complete after 16 images and goes on to 32. No schedule depends on the budget: the result equals a straight" in caplog.text
    assert extended.life.extensions == (Extension(16, 16, 32), Extension(32, 32, 48)) and straight.life.extensions == ()


def test_a_stopped_and_resumed_extension_equals_an_uninterrupted_one(tmp_path):
    import signal

    def stop(event):
        if isinstance(event, PicturesDue) and event.images == 32:
            signal.raise_signal(signal.SIGTERM)

    train(24, States(tmp_path / "a"), DECAYING)
    straight = train(48, States(tmp_path / "a"), DECAYING)
    train(24, States(tmp_path / "b"), DECAYING)
    with pytest.raises(Interrupted):
        train(48, States(tmp_path / "b"), DECAYING, callbacks=[stop])
    resumed = train(48, States(tmp_path / "b"), DECAYING)
    assert_equal(resumed, straight)
    assert resumed.life == straight.life and len(resumed.life.extensions) == 1


def test_schedules_follow_the_new_budget_and_the_change_is_stated(tmp_path, caplog):
    caplog.set_level("INFO")
    states, events = States(tmp_path), []
    train(24, states, DECAYING)
    train(48, states, DECAYING, callbacks=[events.append])
    (resumed,) = (event for event in events if isinstance(event, Resumed))
    assert not resumed.finished and resumed.images == 24 and resumed.extended in caplog.text
    # By hand: at the end of 24 the rate was 0; 24 of 48 is where the decay begins, so it is the initial 1e-3 again.
    assert "learning rate of critic: 0, now 0.001; learning rate of generator: 0, now 0.001" in resumed.extended
    assert [event.life.extensions for event in events if isinstance(event, Finished)] == [(Extension(24, 24, 48),)]


def test_growing_networks_return_to_the_stage_of_the_new_budget_and_this_is_stated():
    recipe = build(GROWING)
    text = announcement(recipe, 40, 40, 80)
    # By hand: phases of 0.2; half of the budget is 2.5 phases: level 1 (8 px), complete. At the end: level 2 (16 px).
    assert "side of the growing images: 16, now 8" in text and recipe.stage.side == 8


def test_a_stopped_training_is_released_as_it_is_by_a_budget_of_what_it_has_seen(tmp_path, caplog):
    import signal

    caplog.set_level("INFO")

    def stop(event):
        if isinstance(event, PicturesDue) and event.images == 16:
            signal.raise_signal(signal.SIGTERM)

    states = States(tmp_path)
    with pytest.raises(Interrupted):
        train(48, states, callbacks=[stop])
    events = []
    released = train(16, states, callbacks=[events.append])
    assert_equal(released, train(16))  # the model has no schedule
    assert "This training saw 16 of 48 images. Its weights are taken as they are: the budget is 16 now." in caplog.text
    assert [event.images for event in events if isinstance(event, Finished)] == [16]
    assert train(16, states).life == released.life  # complete: it is not repeated
    assert_equal(train(48, states), train(48))  # the stopped training goes on all the same


def test_a_budget_below_what_was_seen_is_an_error_and_exact_trains_from_the_beginning(tmp_path):
    states = States(tmp_path)
    train(32, states)
    with pytest.raises(InputError, match=r"budget\.images: got 16, .* seen 32 images already; expected at least as many\. .*resume: exact"):
        train(16, states)
    short = train(16, states, monitoring=Monitoring(**vars(OFTEN) | {"resume": "exact"}))
    assert_equal(short, train(16))
    (finished, *_) = [each.experiment.key for each in states.stopped() if each.images == 32]
    with pytest.raises(InputError, match=r"budget\.images: got 24, .* seen 32"):
        train(24, states, monitoring=Monitoring(**vars(OFTEN) | {"resume": finished}), seed=1)


def test_only_the_budget_may_change(tmp_path, monkeypatch, caplog):
    states = States(tmp_path)
    train(16, states)
    assert train(32, states, seed=1).life.extensions == ()
    assert train(32, states, DECAYING).life.extensions == ()
    real = module.experiment_of
    monkeypatch.setattr(module, "experiment_of", lambda *given: real(*given)._replace(code={"genlab/engine/stream.py": "changed"}))
    assert train(32, states).life.extensions == ()
    assert "A training that was complete after 16 images is not continued; this one starts from 0. It differs in" in caplog.text
    assert "code genlab/engine/stream.py" in caplog.text
    (key,) = (each.experiment.key for each in states.stopped() if each.images == 16)
    assert train(48, states, monitoring=Monitoring(**vars(OFTEN) | {"resume": key})).life.extensions == (Extension(16, 16, 48),)


def test_an_error_in_the_last_score_does_not_cost_the_training(tmp_path):
    class Failing(Sum):
        def __call__(self, recipe):
            raise OSError("no network")

    def run(scorer):
        return fit(COMPLETED, image_set(), Budget(16, 4), 0, None, COMPUTE, OFTEN, States(tmp_path), [events.append], scorer)

    events = []
    with pytest.raises(OSError, match="no network"):
        run(lambda recipe: Failing())
    events.clear()
    trained = run(lambda recipe: Sum())
    assert [event.images for event in events if isinstance(event, Resumed)] == [16] and trained.selected.last.images == 16
    assert_equal(trained, fit(COMPLETED, image_set(), Budget(16, 4), 0, None, COMPUTE, OFTEN, scorer=lambda recipe: Sum()))

"""Warm restarts after a NaN: from the last good state, with lower rates, counted, and equal for stopped and uninterrupted trainings."""

import signal

import pytest
import torch
from stand_ins import MODEL, image_set

from genlab.engine.loop import NonFiniteLossError
from genlab.errors import InputError
from genlab.recipes.gan import GAN
from genlab.training.events import Logged, Restarted
from genlab.training.fit import fit
from genlab.training.interruption import Interrupted
from genlab.training.restarts import Restarts
from genlab.training.settings import Budget, Monitoring
from genlab.training.state import States

COMPUTE = {"class": "genlab.engine.compute.Compute", "device": "cpu"}
FACTOR = 0.25


def monitoring(restarts=2, factor=FACTOR):
    return Monitoring(log_every=4, pictures_every=400, checkpoint_every=8, restarts=restarts, restart_factor=factor)


@pytest.fixture
def breaking(monkeypatch):
    """Make the critic's loss NaN at every rate above a limit, which is returned as a list, after 20 images."""
    limit, real = [0.5e-3], GAN.critic_objective
    turns = []

    def objective(recipe, batch):
        terms = real(recipe, batch)
        group = recipe.updates["critic"].optimizer.param_groups[0]
        steps = recipe.updates["critic"].optimizer.state_dict()["state"].get(0, {"step": torch.tensor(0.0)})["step"].item()
        turns.append((steps, group["lr"]))
        return {name: value * (torch.nan if group["lr"] > limit[0] and steps >= 5 else 1) for name, value in terms.items()}

    monkeypatch.setattr(GAN, "critic_objective", objective)
    return limit, turns


def train(states=None, settings=None, callbacks=(), images=40):
    return fit(MODEL, image_set(), Budget(images, 4), 0, None, COMPUTE, settings or monitoring(), states, callbacks)


def test_training_goes_back_to_the_last_good_state_with_lower_rates_and_counts(breaking, caplog):
    _, turns = breaking
    events = []
    trained = train(callbacks=[events.append])
    (restart,) = trained.life.restarts
    # By hand: the 6th turn, after 20 images, fails; the last multiple of 8 before it is 16; the initial rate is 1e-3.
    assert (restart.images, restart.back_to, restart.rate) == (20, 16, FACTOR) and restart.reason.endswith("nan and 6 more after 24 images")
    assert [rate for _, rate in turns] == [1e-3] * 6 + [FACTOR * 1e-3] * 6 and [step for step, _ in turns][5:8] == [5, 4, 5]
    assert [event.number for event in events if isinstance(event, Restarted)] == [1]
    assert [row["images"] for row in trained.history.rows] == list(range(4, 41, 4))
    assert "Warm restart 1 of 2: back to the state after 16 images, with 0.25 times the initial learning rates" in caplog.text
    assert trained.life.sentences()[0].startswith("Warm restart after 20 images, from the state after 16, with 0.25 times")


def test_rates_are_lowered_again_from_the_same_state_and_the_training_fails_when_no_restart_is_left(breaking):
    limit, turns = breaking
    limit[0] = 0.1e-3
    assert [restart.rate for restart in train().life.restarts] == [FACTOR, FACTOR**2]
    assert turns[-1][1] == pytest.approx(FACTOR**2 * 1e-3)
    limit[0] = 0.01e-3
    with pytest.raises(NonFiniteLossError, match=r"critic/loss = nan, .* after 24 images"):
        train()
    with pytest.raises(NonFiniteLossError):
        train(settings=monitoring(restarts=0))


@pytest.mark.parametrize("stop_at", [12, 20, 28])
def test_a_stopped_training_restarts_from_the_same_state_as_an_uninterrupted_one(breaking, tmp_path, stop_at):
    def stop(event):
        if isinstance(event, Logged) and event.images == stop_at:
            signal.raise_signal(signal.SIGTERM)

    straight = train()
    with pytest.raises(Interrupted):
        train(States(tmp_path), callbacks=[stop])
    resumed = train(States(tmp_path))
    for name, value in straight.recipe.state_dict().items():
        assert torch.equal(value, resumed.recipe.state_dict()[name]), name
    assert resumed.history.rows == straight.history.rows and resumed.life == straight.life
    extended = train(States(tmp_path), images=60)  # the lower rates stay
    rate = extended.recipe.updates["critic"].learning_rate
    assert rate == pytest.approx(FACTOR * 1e-3)
    assert extended.life.restarts == straight.life.restarts


def test_without_a_nan_restarts_change_nothing():
    plain, ready = train(settings=monitoring(restarts=0)), train()
    assert plain.history.rows == ready.history.rows
    assert all(torch.equal(value, ready.recipe.state_dict()[name]) for name, value in plain.recipe.state_dict().items())


@pytest.mark.parametrize("factor", [0.0, 1.0, 1.5])
def test_wrong_factors_are_refused(factor):
    with pytest.raises(InputError, match=r"monitoring\.restart_factor: got .*, expected .* between 0 and 1"):
        Restarts(1, factor)

"""The choice of the memory format: the faster one in a few turns, recorded in the state."""

import pytest
import torch
from rank_recipes import MIXTURE
from stand_ins import COMPUTE, MODEL, image_set

from genlab.build import build
from genlab.engine.compute import Compute
from genlab.training import choices, layout
from genlab.training.events import Logged
from genlab.training.fit import fit
from genlab.training.interruption import Interrupted
from genlab.training.settings import Budget, Monitoring
from genlab.training.state import States
from genlab.training.trial import Trial

BUDGET, OFTEN = Budget(3200, 4), Monitoring(log_every=4, pictures_every=10_000, checkpoint_every=10_000)
BRIEF = Budget(40, 4)


@pytest.fixture
def timed(monkeypatch):
    """Make turns of the second format, channels_last, take this many seconds, and those of the first one 1; the turns are counted."""
    taken, real = [], layout.seconds

    def pretend(channels_last):
        def seconds(turns):
            real(turns)
            taken.append(1)
            return channels_last if len(taken) % 2 == 0 else 1.0

        monkeypatch.setattr(layout, "seconds", seconds)

    return pretend, taken


@pytest.mark.parametrize(("last", "chosen"), [(0.5, True), (0.94, True), (0.97, False), (2.0, False)])
def test_the_faster_format_is_chosen_and_equal_ones_are_contiguous(timed, last, chosen, caplog):
    caplog.set_level("INFO")
    timed[0](last)
    assert layout.faster(Trial(build(MODEL), MODEL, image_set(), BUDGET, 0, None), Compute(device="cpu")) is chosen
    assert len(timed[1]) == 2 * layout.ROUNDS
    assert f"channels_last: {str(chosen).lower()}, since channels_last is {1 / last:.2f} times as fast" in caplog.text


def test_nothing_is_measured_in_short_trainings_for_objects_or_without_gradients(timed):
    timed[0](0.5)
    for model, budget in ((MODEL, BRIEF), (build(MODEL), BUDGET), (MIXTURE, BUDGET)):
        assert layout.faster(Trial(build(model), model, image_set(), budget, 0, None), Compute(device="cpu")) is False
    assert not timed[1]


@pytest.mark.parametrize("chosen", [True, False])
def test_the_result_is_that_of_a_training_with_this_format_also_after_a_stop(chosen, tmp_path, monkeypatch):
    def stop(event):
        if isinstance(event, Logged) and event.images == 16:
            raise_signal()

    def raise_signal():
        import signal

        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(choices, "faster", lambda *given: chosen)
    images, states = image_set(), States(tmp_path)
    straight = fit(MODEL, images, BRIEF, 0, None, COMPUTE | {"channels_last": chosen}, OFTEN)
    with pytest.raises(Interrupted):
        fit(MODEL, images, BRIEF, 0, None, COMPUTE, OFTEN, states, [stop])
    monkeypatch.setattr(choices, "faster", lambda *given: not chosen)  # the other one is faster now; the state keeps its format
    resumed = fit(MODEL, images, BRIEF, 0, None, COMPUTE, OFTEN, states)
    for name, value in straight.recipe.state_dict().items():
        assert torch.equal(value, resumed.recipe.state_dict()[name]), name
    weight = resumed.recipe.state_dict()["generator.layers.0.weight"] if chosen else None
    assert weight is None or weight.is_contiguous(memory_format=torch.channels_last)


def test_given_formats_are_not_measured():
    for settings, expected in (({}, True), ({"channels_last": True}, False), ({"channels_last": False}, False), ({"devices": 2}, True)):
        assert Compute(device="cpu", **settings).format_is_open is expected


def test_several_devices_are_not_measured_and_belong_to_the_same_experiment(timed):
    timed[0](0.5)
    several = Compute(device="cpu", devices=2)
    assert layout.faster(Trial(build(MODEL), MODEL, image_set(), BUDGET, 0, None), several) is False and not timed[1]
    assert several.settings() == Compute(device="cpu").settings()

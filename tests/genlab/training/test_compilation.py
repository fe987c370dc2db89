"""The choice of compilation: where it saves more time than it takes, recorded in the state. Networks are not really compiled here."""

import pytest
import torch
from rank_recipes import MIXTURE
from stand_ins import COMPUTE, MODEL, image_set
from torch._dynamo.exc import TorchDynamoException

from genlab.build import build
from genlab.engine.compute import Compute
from genlab.training import choices, compilation
from genlab.training.compilation import ROUNDS, pays
from genlab.training.fit import fit
from genlab.training.settings import Budget, Monitoring
from genlab.training.state import States
from genlab.training.trial import Trial

TURNS = 1000
BUDGET, OFTEN = Budget(4 * TURNS, 4), Monitoring(log_every=4, pictures_every=10_000, checkpoint_every=10_000)
MINUTES = 60  # seconds


def on_a_gpu() -> Compute:
    """The settings of a GPU on which `compile: auto` is open, on the CPU of the tests."""
    settings = Compute(device="cpu", channels_last=False)
    settings.compilation_is_open = True
    return settings


@pytest.fixture
def compiled(monkeypatch):
    """Networks that were compiled, in place of compiling them."""
    networks = []
    monkeypatch.setattr(torch.nn.Module, "compile", lambda network: networks.append(network))
    return networks


@pytest.fixture
def timed(monkeypatch, compiled):
    """Make a plain turn take this many seconds, a compiled one as many times less, and the first compiled one its compilation."""
    taken, real = [], compilation.seconds

    def pretend(plain, times_faster, compile_seconds):
        def seconds(turns):
            real(turns)
            taken.append("compiled" if compiled and len(taken) >= 2 and len(taken) % 2 == 0 else "plain")
            cost = compile_seconds if taken.count("compiled") == 1 and taken[-1] == "compiled" else 0
            return plain if taken[-1] == "plain" else plain / times_faster + cost

        monkeypatch.setattr(compilation, "seconds", seconds)
        return taken

    return pretend


@pytest.mark.parametrize(
    ("plain", "times_faster", "compile_seconds", "chosen", "said"),
    [
        (3.6, 1.5, 5 * MINUTES, True, "1.50 times as fast, which saves 20.0 minutes, and compilation takes 5.0"),
        (3.6, 1.5, 21 * MINUTES, False, "which saves 20.0 minutes, and compilation takes 21.0"),
        (3.6, 0.9, 1, False, "compile: false, since compiled networks are 0.90 times as fast"),
        (0.6, 3.0, 1, False, "compile: false, since the training takes about 10.0 minutes without it"),
    ],
)
def test_networks_are_compiled_if_that_saves_more_time_than_it_takes(timed, caplog, plain, times_faster, compile_seconds, chosen, said):
    caplog.set_level("INFO")
    taken = timed(plain, times_faster, compile_seconds)
    assert pays(Trial(build(MODEL), MODEL, image_set(), BUDGET, 0, None), on_a_gpu()) is chosen
    assert said in caplog.text
    assert taken == (["plain"] * 2 if "10.0 minutes" in said else ["plain", "plain", "compiled", *["plain", "compiled"] * ROUNDS])


def test_nothing_is_measured_in_trainings_of_few_turns_for_objects_or_without_gradients(timed):
    taken = timed(1000, 2, 1)
    for model, budget in ((MODEL, Budget(400 - 4, 4)), (build(MODEL), BUDGET), (MIXTURE, BUDGET)):
        assert pays(Trial(build(model), model, image_set(), budget, 0, None), on_a_gpu()) is False
    assert not taken


@pytest.mark.parametrize("error", [TorchDynamoException("no C++ compiler\nmore"), torch.OutOfMemoryError("out of memory")])
def test_a_trial_that_fails_leaves_networks_as_they_are(monkeypatch, caplog, error):
    def seconds(turns):
        raise error

    monkeypatch.setattr(compilation, "seconds", seconds)
    assert pays(Trial(build(MODEL), MODEL, image_set(), BUDGET, 0, None), on_a_gpu()) is False
    assert caplog.messages == [f"compile: false, since a trial failed: {str(error).splitlines()[0]}"]


def test_a_continued_training_keeps_its_choice(tmp_path, monkeypatch, compiled):
    given = Trial(build(MODEL), MODEL, image_set(), BUDGET, 0, None), on_a_gpu()
    monkeypatch.setattr(choices, "pays", lambda *given: True)
    settings = choices.chosen(*given, saved=None)
    assert settings.compile and not settings.compilation_is_open
    settings.prepare(build(MODEL))
    assert [type(each).__name__ for each in compiled] == ["Generator", "Critic"]
    monkeypatch.setattr(choices, "pays", lambda *given: pytest.fail("measured again"))
    for saved in (True, False):
        assert choices.chosen(*given, saved={"compile": saved, "channels_last": False}).compile is saved
    fit(MODEL, image_set(), Budget(8, 4), 0, None, COMPUTE, OFTEN, States(tmp_path))
    (file,) = tmp_path.rglob("*.pt")
    assert torch.load(file, weights_only=True)["compile"] is False


def test_compilation_is_open_on_a_gpu_only(monkeypatch):
    assert not Compute(device="cpu").compilation_is_open and Compute(device="cpu").settings()["compile"] == "False"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: True)
    for settings, expected in (({}, True), ({"compile": True}, False), ({"compile": False}, False), ({"devices": 2}, False)):
        found = Compute(device="cuda", **settings)
        assert found.compilation_is_open is expected and found.compile is (settings.get("compile") is True)
        assert found.settings()["compile"] == ("auto" if expected else str(settings.get("compile", False)))

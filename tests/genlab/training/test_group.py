"""Training on several devices: processes with one CPU thread each, and gloo."""

import json
import os
import signal
from datetime import timedelta

import psutil
import pytest
import torch
from rank_recipes import ADAM, COMPUTE, GAN, PLAYERS, RECIPES, largest_difference, on_ranks, trained
from safetensors.torch import load_file
from stand_ins import image_set
from torch.distributed import TCPStore

from genlab.build import build
from genlab.errors import InputError
from genlab.training import group
from genlab.training.events import Logged
from genlab.training.fit import fit
from genlab.training.group import RankError
from genlab.training.initial import Initial
from genlab.training.interruption import Interrupted
from genlab.training.settings import Budget, Monitoring
from genlab.training.source import of_checkpoint
from genlab.training.state import States

TURNS = 20
BUDGET, OFTEN = Budget(48, 8), Monitoring(log_every=8, checkpoint_every=8, pictures_every=1000)


@pytest.fixture(scope="module")
def alone():
    return {name: trained(name, TURNS) for name in RECIPES}


@pytest.mark.parametrize(("devices", "names"), [(2, tuple(RECIPES)), (4, ("style", "mixture"))])
def test_results_do_not_depend_on_the_number_of_ranks(devices, names, alone, tmp_path):
    for name, (state, rows) in on_ranks(devices, tmp_path / "ranks", TURNS, names).items():
        expected, expected_rows = alone[name]
        assert largest_difference(expected, state) < (1e-9 if name == "mixture" else 1e-5), name
        for row, expected_row in zip(rows, expected_rows, strict=True):
            assert row.keys() == expected_row.keys()
            for term in row.keys() - {"critic/accuracy", "vae/active_units"}:  # means over ranks
                tolerance = 1e-9 if term == "em/log_likelihood" else 1e-4
                assert row[term] == pytest.approx(expected_row[term], rel=tolerance, abs=tolerance), (name, term)


def test_ranks_can_accumulate_parts(alone, tmp_path):
    names = ("cyclegan", "vae")  # the image pools take fakes in the order of the batch
    for name, (state, _) in on_ranks(2, tmp_path / "ranks", TURNS, names, accumulate=2).items():
        assert largest_difference(alone[name][0], state) < 1e-5, name


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(group, "FIRST_PATIENCE", timedelta(seconds=30))


def train(devices, states, callback=None):
    settings = COMPUTE | {"devices": devices}
    return fit(GAN, image_set(), BUDGET, 0, None, settings, OFTEN, states, [callback] if callback else [])


def assert_close(one, other):
    assert largest_difference(one.recipe.state_dict(), other.recipe.state_dict()) < 1e-5


def followers():
    return [each for each in psutil.Process().children(recursive=True) if "genlab.training.follower" in each.cmdline()[2:]]


def workers():
    return [each for each in followers() if "torch.distributed.run" not in each.cmdline()]


def test_a_killed_rank_fails_the_run_and_any_number_of_ranks_continues_it(tmp_path, caplog):
    caplog.set_level("INFO")
    states, found = States(tmp_path), []

    def kill(event):
        if isinstance(event, Logged) and event.images == 24:
            found.extend(followers())
            (worker,) = workers()
            os.kill(worker.pid, signal.SIGKILL)

    with pytest.raises(RankError, match=r"rank 1 of 2 \(process \d+\) was killed"):
        train(2, states, kill)
    assert len(found) == 2 and not followers()  # torch.distributed.run and its process
    continued = train(1, states)
    assert "Continuing after" in caplog.text
    assert_close(continued, train(1, None))


def test_ranks_that_do_not_answer_fail_the_run(tmp_path, monkeypatch):
    monkeypatch.setattr(group, "FIRST_PATIENCE", timedelta(seconds=3))
    monkeypatch.setattr(group, "END_SECONDS", 1)

    def pause(event):
        if isinstance(event, Logged) and event.images == 24:
            for worker in workers():
                os.kill(worker.pid, signal.SIGSTOP)

    with pytest.raises(RankError, match=r"did not answer within 3 seconds .*Timed out"):
        train(2, States(tmp_path), pause)
    assert not workers()


def test_an_error_of_rank_0_itself_stays_what_it_is(tmp_path, monkeypatch):
    monkeypatch.setattr(group, "END_SECONDS", 1)

    def fail(event):
        if isinstance(event, Logged):
            raise RuntimeError("the connection of a callback was refused")

    with pytest.raises(RuntimeError, match="the connection of a callback was refused") as raised:
        train(2, States(tmp_path), fail)
    assert not isinstance(raised.value, RankError)


def test_a_requested_stop_saves_the_state_and_ends_all_ranks(tmp_path):
    states = States(tmp_path)

    def stop(event):
        if isinstance(event, Logged) and event.images == 16:
            for each in workers():
                os.kill(each.pid, signal.SIGTERM)  # as a job scheduler does, which signals all processes
            signal.raise_signal(signal.SIGTERM)

    with pytest.raises(Interrupted, match="after 16 of 48 images; the state is saved"):
        train(1, states, stop)
    with pytest.raises(Interrupted, match="after 32 of 48 images; the state is saved"):
        train(2, states, lambda event: isinstance(event, Logged) and event.images == 32 and signal.raise_signal(signal.SIGTERM))
    assert not followers()
    assert_close(train(1, states), train(1, None))


@pytest.mark.parametrize(("rate", "reason"), [(1e10, "/weights = "), (1e20, "/adversarial = ")])
def test_all_ranks_go_back_to_the_last_good_state(rate, reason):
    """A weight that is not finite is found by rank 0 alone, a loss by all ranks."""
    often = Monitoring(log_every=8, checkpoint_every=8, pictures_every=1000, restarts=1, restart_factor=1e-4 / rate)
    model = GAN | dict.fromkeys(PLAYERS, ADAM | {"lr": rate})
    one, two = (fit(model, image_set(), BUDGET, 0, None, COMPUTE | {"devices": devices}, often) for devices in (1, 2))
    for restarts in (one.life.restarts, two.life.restarts):
        assert [restart.reason.find(reason) > 0 for restart in restarts] == [True]
    assert_close(one, two)


def test_a_longer_budget_frozen_layers_and_numbered_checkpoints_do_not_depend_on_the_number_of_ranks(tmp_path):
    weights = trained("gan", 2)[0]
    initial, results = Initial(of_checkpoint(weights, "0" * 64, GAN["class"], "earlier"), freeze=1), []
    often = Monitoring(log_every=8, checkpoint_every=8, pictures_every=1000, keep_every=16)
    for devices in (1, 2):
        states, kept, settings = States(tmp_path / str(devices)), tmp_path / f"kept{devices}", COMPUTE | {"devices": devices}
        for images in (16, 48):
            result = fit(GAN, image_set(), Budget(images, 8), 0, None, settings, often, states, initial=initial, kept=kept)
        results.append(result)
    one, two = results
    assert one.life == two.life and one.life.extensions
    assert_close(one, two)
    for result in results:
        frozen = [name for name, parameter in result.recipe.named_parameters() if not parameter.requires_grad]
        assert frozen and all(torch.equal(result.recipe.state_dict()[name], weights[name]) for name in frozen)
    files = [sorted((tmp_path / f"kept{devices}").rglob("*.safetensors")) for devices in (1, 2)]
    for first, second in zip(*files, strict=True):
        assert first.name == second.name and largest_difference(load_file(first), load_file(second)) < 1e-5
    assert len(files[0]) == 3


def test_the_cause_is_the_rank_that_failed_first_not_those_that_lost_it(monkeypatch):
    monkeypatch.setattr(group, "END_SECONDS", 0.5)
    store = TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)
    for rank, (error, lost) in {1: ("RuntimeError: Connection closed by peer", True), 2: ("OSError: no space", False)}.items():
        store.set(f"error/{rank}", json.dumps({"error": error, "trace": "the trace", "lost": lost}))
        store.set(f"process/{rank}", str(os.getpid()))
    assert group.failure(store, None, 3) == "rank 2 of 3 failed: OSError: no space\nthe trace"
    store.set("process/3", "1")
    store.delete_key("error/2")
    assert group.failure(store, None, 3).startswith("rank 2 of 3 (process ")


def test_settings_that_do_not_fit_are_named(monkeypatch):
    for devices, words in ((3, "expected a multiple of 3"), (0, "devices: got 0, expected a whole number from 1 on"), (True, "got True")):
        with pytest.raises(InputError, match=words):
            train(devices, None)
    with pytest.raises(InputError, match=r"compile: got true with devices: 2"):
        fit(GAN, image_set(), BUDGET, compute=COMPUTE | {"devices": 2, "compile": True})
    with pytest.raises(InputError, match=r"model: got a GAN with compute.devices: 2, expected its description"):
        fit(build(GAN), image_set(), BUDGET, compute=COMPUTE | {"devices": 2})
    settings = build(COMPUTE | {"devices": 3})
    settings.device = torch.device("cuda")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    with pytest.raises(InputError, match="devices: got 3, but this machine has 2 of type 'cuda'"):
        group.check_devices(settings)

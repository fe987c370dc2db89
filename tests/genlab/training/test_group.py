"""Training on several devices: processes with one CPU thread each, and gloo."""

import json
import os
import signal

import psutil
import pytest
import torch
from rank_recipes import COMPUTE, GAN, RECIPES, largest_difference, on_ranks, trained
from stand_ins import image_set
from torch.distributed import TCPStore

from genlab.build import build
from genlab.errors import InputError
from genlab.training import group
from genlab.training.events import Logged
from genlab.training.fit import fit
from genlab.training.group import RankError
from genlab.training.interruption import Interrupted
from genlab.training.settings import Budget, Monitoring
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


def train(devices, states, callback=None):
    settings = COMPUTE | {"devices": devices}
    return fit(GAN, image_set(), BUDGET, 0, None, settings, OFTEN, states, [callback] if callback else [])


def assert_close(one, other):
    assert largest_difference(one.recipe.state_dict(), other.recipe.state_dict()) < 1e-5


def followers():
    return [each for each in psutil.Process().children(recursive=True) if "genlab.training.follower" in each.cmdline()[2:]]


def workers():
    return [each for each in followers() if "torch.distributed.run" not in each.cmdline()]


def test_a_killed_rank_fails_the_run_and_any_number_of_ranks_continues_it(tmp_path):
    states, found = States(tmp_path), []

    def kill(event):
        if isinstance(event, Logged) and event.images == 24:
            found.extend(followers())
            (worker,) = workers()
            os.kill(worker.pid, signal.SIGKILL)

    with pytest.raises(RankError, match=r"rank 1 of 2 \(process \d+\) was killed"):
        train(2, states, kill)
    assert len(found) == 2 and not followers()  # torch.distributed.run and its process
    assert_close(train(1, states), train(1, None))


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

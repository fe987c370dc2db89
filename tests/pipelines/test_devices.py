"""`kedro run` on two devices: real processes with gloo, one of which is killed, and SIGTERM to all of them."""

import os
import signal

import psutil
import pytest
from projects import LONG, client_of, copied, ended, prepared_project, runs, start, states, wait_for

TWO = LONG | {"gan.compute.devices": 2, "gan.budget.images": 960}
FOLLOWER = "genlab.training.follower"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    return prepared_project(tmp_path_factory.mktemp("devices") / "project")


@pytest.fixture
def project(prepared, tmp_path):
    return copied(prepared, tmp_path / "project")


def followers(process):
    """Processes that a command has started: torch.distributed.run, its ranks, and their loader workers."""
    return psutil.Process(process.pid).children(recursive=True)


def test_a_killed_rank_fails_the_run_and_one_device_continues_it(project):
    process = start(project, "--tags=train", **TWO)
    wait_for(lambda: states(project), process)
    started = followers(process)
    (rank,) = [each for each in started if FOLLOWER in each.cmdline() and "torch.distributed.run" not in each.cmdline()]
    os.kill(rank.pid, signal.SIGKILL)
    code, printed = ended(process)
    assert code == 1 and f"rank 1 of 2 (process {rank.pid}) was killed" in printed and "Traceback" not in printed
    assert not psutil.wait_procs(started, timeout=10)[1]
    (failed,) = runs(client_of(project))
    assert failed.info.status == "FAILED" and "rank 1 of 2" in failed.data.tags["error"]
    code, printed = ended(start(project, "--tags=train", **TWO | {"gan.compute.devices": 1}))
    assert code == 0, printed
    assert {each.info.status for each in runs(client_of(project))} == {"FINISHED"}  # the same run goes on


def test_sigterm_to_the_process_group_saves_the_state_with_ranks_and_loader_workers(project):
    process = start(project, "--tags=train", **TWO | {"gan.compute.workers": 1, "gan.budget.images": 9600})
    wait_for(lambda: states(project), process)
    started = followers(process)
    os.killpg(process.pid, signal.SIGTERM)
    code, printed = ended(process)
    assert code == 143, printed
    assert "Traceback" not in printed and "the state is saved, the same command goes on from there" in printed
    assert not psutil.wait_procs(started, timeout=10)[1]
    assert runs(client_of(project))[0].info.status == "KILLED"


def metrics(project):
    return (project / "data/08_reporting/gan/metrics.json").read_text()


def test_two_devices_train_and_evaluate_and_one_device_gives_the_same_scores(project):
    short = {"gan.budget.images": 24, "gan.monitoring.pictures_every": 24}
    for tags, devices in (("train,evaluate", 2), ("evaluate", 1)):
        code, printed = ended(start(project, f"--tags={tags}", **short, **{"gan.compute.devices": devices}), seconds=240)
        assert code == 0, printed
        if devices == 2:
            expected = metrics(project)
            (project / "data/08_reporting/gan/metrics.json").unlink()
    assert metrics(project) == expected

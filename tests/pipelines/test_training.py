import os
import signal
import subprocess
import sys
import time

import pytest
import torch
from conftest import run_kedro
from mlflow import MlflowClient

from genlab.engine import NonFiniteLossError
from genlab.errors import InputError
from pipelines.training.resumption import ResumeFolder

LONG = {"cyclegan.budget.images": 400, "cyclegan.monitoring.checkpoint_every": 40}
CHECKPOINT, HISTORY = "data/06_models/cyclegan/checkpoint.safetensors", "data/08_reporting/cyclegan/history.csv"


def parameters(settings: dict) -> dict:
    """{"a.b": 1} -> {"a": {"b": 1}}, as `--params` gives them."""
    nested: dict = {}
    for name, value in settings.items():
        *path, last = name.split(".")
        node = nested
        for step in path:
            node = node.setdefault(step, {})
        node[last] = value
    return nested


def train(project, **settings):
    run_kedro(project, "cyclegan", ["train"], **parameters(settings))


def results(project):
    return (project / CHECKPOINT).read_bytes(), (project / HISTORY).read_text()


def start(project, **settings) -> subprocess.Popen:
    """The same training as a real process."""
    given = ",".join(f"{name}={value}" for name, value in settings.items())
    command = [sys.executable, "-m", "kedro", "run", "--env=test", "--pipelines=cyclegan", "--tags=train", f"--params={given}"]
    return subprocess.Popen(command, cwd=project, stderr=subprocess.PIPE, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"})


def wait_for_state(project, process):
    """Until the first state is saved."""
    deadline = time.monotonic() + 120
    while not list((project / ".genlab" / "resumption").rglob("state.pt")):
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.005)


def runs(project):
    client = MlflowClient(f"sqlite:///{project / 'mlflow.db'}")
    return client.search_runs([client.get_experiment_by_name("genlab").experiment_id], "tags.recipe = 'cyclegan'")


@pytest.fixture
def prepared(project):
    run_kedro(project, "prepare_emoji")
    return project


def test_a_killed_training_resumes_to_the_same_bits(prepared):
    train(prepared, **LONG)
    straight = results(prepared)
    assert not list((prepared / ".genlab" / "resumption").rglob("state.pt"))  # a finished training forgets its state
    for number, status, code in ((signal.SIGKILL, "RUNNING", -9), (signal.SIGTERM, "KILLED", 143)):
        process = start(prepared, **LONG)
        wait_for_state(prepared, process)
        process.send_signal(number)
        assert process.wait(60) == code
        if number == signal.SIGTERM:
            assert "the same command goes on from there" in process.stderr.read()
        assert runs(prepared)[0].info.status == status
        for name in (CHECKPOINT, HISTORY):
            (prepared / name).unlink()
        (stopped, *others) = runs(prepared)
        train(prepared, **LONG)
        assert results(prepared) == straight
        # It goes on in the run that was stopped: one model, one run.
        (resumed, *rest) = runs(prepared)
        assert resumed.info.run_id == stopped.info.run_id
        assert len(rest) == len(others)
        assert resumed.info.status == "FINISHED"
        assert 0 < int(resumed.data.tags["resumed_at_images"]) < 400
    history = MlflowClient(f"sqlite:///{prepared / 'mlflow.db'}").get_metric_history(runs(prepared)[0].info.run_id, "generator/loss")
    assert sorted({point.step for point in history}) == list(range(4, 401, 4))


def test_a_changed_experiment_starts_anew_and_the_other_ones_state_stays(prepared):
    process = start(prepared, **LONG)
    wait_for_state(prepared, process)
    process.kill()
    process.wait()
    (state,) = (prepared / ".genlab" / "resumption").rglob("state.pt")
    train(prepared, **{"cyclegan.seed": 1})
    assert "resumed_at_images" not in runs(prepared)[0].data.tags
    assert state.exists()


def test_a_second_trainer_of_the_same_experiment_is_refused(tmp_path):
    folder = ResumeFolder(str(tmp_path))
    with (
        folder.locked("key"),
        pytest.raises(InputError, match=rf"Process {os.getpid()} is training this very experiment"),
        folder.locked("key"),
    ):
        pass
    with folder.locked("other"), folder.locked("key"):
        pass


def test_a_damaged_state_says_what_to_do(tmp_path):
    with ResumeFolder(str(tmp_path)).locked("key") as state:
        state.file.write_bytes(b"PK\x03\x04 half of it")
        with pytest.raises(InputError, match=r"state\.pt cannot be read .* Remove it to start this training anew"):
            state.load("cpu")


def test_a_diverging_loss_stops_the_run_and_keeps_the_last_state(prepared):
    with pytest.raises(NonFiniteLossError, match=r"= (nan|inf).* after \d+ images"):
        train(prepared, **LONG | {"cyclegan.model.generator_optimizer.lr": 1e18, "cyclegan.monitoring.checkpoint_every": 4})
    (file,) = (prepared / ".genlab" / "resumption").rglob("state.pt")
    state = torch.load(file, weights_only=True)
    assert state["images"] > 0
    assert all(value.isfinite().all() for value in state["training"]["recipe"].values())
    assert runs(prepared)[0].info.status == "FAILED"
    assert "NonFiniteLossError" in runs(prepared)[0].data.tags["error"]


def test_a_wrong_key_is_an_error_before_anything_runs(prepared):
    before = {file: file.stat().st_mtime_ns for file in (prepared / "data").rglob("*")}
    with pytest.raises(InputError, match=r"cyclegan\.model\.generator\.block: .* Did you mean 'blocks'"):
        train(prepared, **{"cyclegan.model.generator.block": 3})
    assert {file: file.stat().st_mtime_ns for file in (prepared / "data").rglob("*")} == before

"""Tests of training in a pipeline: resumption, changed experiments, diverging losses and wrong parameters."""

import os
import shutil
import signal
import subprocess
import sys
import time

import pytest
import torch
from conftest import empty_store, make_project, run_kedro
from mlflow import MlflowClient

from genlab.engine.loop import NonFiniteLossError
from genlab.errors import InputError

LONG = {"cyclegan.budget.images": 240, "cyclegan.monitoring.checkpoint_every": 40, "cyclegan.monitoring.pictures_every": 120}
DIVERGING = LONG | {"cyclegan.model.generator_optimizer.lr": 1e18, "cyclegan.monitoring.checkpoint_every": 4}
CHECKPOINT, HISTORY = "data/06_models/cyclegan/checkpoint.safetensors", "data/08_reporting/cyclegan/history.csv"


def parameters(settings: dict) -> dict:
    """{"a.b": 1} -> {"a": {"b": 1}}, as from `--params`."""
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
    """Start the same training in a new process."""
    given = ",".join(f"{name}={value}" for name, value in settings.items())
    command = [sys.executable, "-m", "kedro", "run", "--env=test", "--pipelines=cyclegan", "--tags=train", f"--params={given}"]
    return subprocess.Popen(command, cwd=project, stderr=subprocess.PIPE, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"})


def last_saved(project) -> int:
    """Time at which the current state was saved, in ns; 0 if there is none."""
    return max((file.stat().st_mtime_ns for file in (project / ".genlab" / "resumption").rglob("state.pt")), default=0)


def wait_for_state(project, process, before: int):
    """Wait until the process has saved a state later than `before`."""
    deadline = time.monotonic() + 120
    while last_saved(project) <= before:
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.005)


def runs(project):
    client = MlflowClient(f"sqlite:///{project / 'mlflow.db'}")
    return client.search_runs([client.get_experiment_by_name("genlab").experiment_id], "tags.recipe = 'cyclegan'")


@pytest.fixture(scope="module")
def emoji(tmp_path_factory):
    """A project with prepared images, in which nothing is trained."""
    folder = make_project(tmp_path_factory.mktemp("emoji"), recipes=("cyclegan",))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        run_kedro(folder, "prepare_emoji")
    return folder


@pytest.fixture
def prepared(emoji, tmp_path, monkeypatch):
    """A copy of that project without runs, as the working directory."""
    folder = tmp_path / "project"
    shutil.copytree(emoji, folder, symlinks=True, ignore=shutil.ignore_patterns("mlflow.db*", "mlartifacts"))
    (folder / "mlflow.db").write_bytes(empty_store())
    monkeypatch.chdir(folder)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return folder


def test_resumed_run_equals_straight_run(prepared):
    """The training is killed, resumed, stopped by SIGTERM, and resumed again."""
    train(prepared, **LONG)
    straight = results(prepared)
    shutil.rmtree(prepared / ".genlab" / "resumption")  # else the result of the complete training would be used
    for name in (CHECKPOINT, HISTORY):
        (prepared / name).unlink()
    stopped = None
    for number, status, code in ((signal.SIGKILL, "RUNNING", -9), (signal.SIGTERM, "KILLED", 143)):
        before = last_saved(prepared)
        process = start(prepared, **LONG)
        wait_for_state(prepared, process, before)
        process.send_signal(number)
        _, printed = process.communicate(timeout=60)
        assert process.returncode == code
        if number == signal.SIGTERM:
            assert "the same command goes on from there" in printed
        # A resumed training continues the MLflow run of the stopped one: one model, one run.
        (run, _straight) = runs(prepared)
        assert run.info.status == status and run.info.run_id == (stopped or run.info.run_id)
        stopped = run.info.run_id
    train(prepared, **LONG)
    assert results(prepared) == straight
    (run, _straight) = runs(prepared)
    assert run.info.run_id == stopped and run.info.status == "FINISHED"
    assert 40 < int(run.data.tags["resumed_at_images"]) < 240  # not where the first process was killed
    history = MlflowClient(f"sqlite:///{prepared / 'mlflow.db'}").get_metric_history(stopped, "loss/generator")
    assert sorted({point.step for point in history}) == list(range(4, 241, 4))


def test_a_changed_experiment_starts_again_and_reports_how_to_continue(prepared, caplog):
    with pytest.raises(NonFiniteLossError):  # stopped, after a state was saved
        train(prepared, **DIVERGING)
    (state,) = (prepared / ".genlab" / "resumption").rglob("state.pt")
    train(prepared, **{"cyclegan.seed": 1})
    assert "resumed_at_images" not in runs(prepared)[0].data.tags
    assert state.exists()
    (message,) = [record.getMessage() for record in caplog.records if "is not continued" in record.getMessage()]
    for part in ("starts from 0", "seed: 1 (was 0)", "model.generator_optimizer.lr: 0.0005 (was 1e+18)", "budget.images: 16 (was 240)"):
        assert part in message
    assert f"set `monitoring.resume` to {state.parent.name}" in message
    assert "code" not in message
    with pytest.raises(InputError, match=r"monitoring\.resume: got 'cafe', expected the key of a stopped training .*: .* \(\d+ images\)"):
        train(prepared, **LONG | {"cyclegan.monitoring.resume": "cafe"})


def test_a_diverging_loss_stops_the_run_and_keeps_the_last_state(prepared):
    with pytest.raises(NonFiniteLossError, match=r"= (nan|inf).* after \d+ images"):
        train(prepared, **DIVERGING)
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

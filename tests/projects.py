"""Small projects with prepared images, and commands in them as real processes."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import empty_store, make_project, run_kedro
from mlflow import MlflowClient
from mlflow.entities import Run

RECIPE = "gan"
LONG = {
    "gan.budget.images": 480,
    "gan.monitoring.checkpoint_every": 48,
    "gan.monitoring.pictures_every": 240,
    "gan.monitoring.log_every": 12,
}


def prepared_project(folder: Path) -> Path:
    """A project with one recipe, whose images are prepared."""
    make_project(folder, recipes=(RECIPE,))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        run_kedro(folder, "prepare_fashion")
    return folder


def copied(project: Path, folder: Path) -> Path:
    """A copy of a project without its runs."""
    shutil.copytree(project, folder, symlinks=True, ignore=shutil.ignore_patterns("mlflow.db*", "mlartifacts"))
    (folder / "mlflow.db").write_bytes(empty_store())
    return folder


def entered(prepared: Path, folder: Path, patch: pytest.MonkeyPatch) -> Path:
    """A copy of a project with prepared images as the working directory; its runs are recorded in its own database."""
    project = copied(prepared, folder)
    patch.chdir(project)
    patch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return project


def start(project: Path, *options: str, uri: str = "", **settings) -> subprocess.Popen:
    """Start `kedro run --pipeline=gan --env=test` in a process group of its own."""
    given = ",".join(f"{name}={value}" for name, value in settings.items())
    command = [sys.executable, "-m", "kedro", "run", "--env=test", f"--pipelines={RECIPE}", f"--params={given}", *options]
    environment = {name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"} | {"OMP_NUM_THREADS": "1"}
    environment |= {"MLFLOW_TRACKING_URI": uri} if uri else {}
    return subprocess.Popen(
        command, cwd=project, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment, start_new_session=True
    )


def ended(process: subprocess.Popen, seconds: float = 120) -> tuple[int, str]:
    """Wait for a process; return its exit code and what it printed to stderr."""
    _, printed = process.communicate(timeout=seconds)
    return process.returncode, printed


def wait_for(condition, process: subprocess.Popen, seconds: float = 60) -> None:
    """Wait until a condition holds, while a process is running."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.01)


def states(project: Path) -> list[Path]:
    """The saved states of trainings."""
    return list((project / ".genlab" / "resumption").rglob("state.pt"))


def client_of(project: Path) -> MlflowClient:
    """A client of the project's database."""
    return MlflowClient(f"sqlite:///{project / 'mlflow.db'}")


def runs(client: MlflowClient) -> list[Run]:
    """The runs of the recipe, the latest first."""
    return client.search_runs([client.get_experiment_by_name("genlab").experiment_id], f"tags.recipe = '{RECIPE}'")

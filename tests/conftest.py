"""Fixtures shared by all tests: one thread, no connections to other hosts, and a small project to work in."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import functools
import logging
import shutil
import socket
import tempfile
from collections.abc import Collection
from pathlib import Path

import pytest
import torch
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project

from pipelines.loader import Loader
from pipelines.session import CONFIG_LOADER_ARGS
from scripts.fashion import make_sample

torch.set_num_threads(1)
ROOT = Path(__file__).resolve().parent.parent


# Every Python process that a test starts runs this first. It records and refuses the names and addresses of other machines.
GUARD = """
import os, socket
HERE = {"127.0.0.1", "::1", "localhost", "", None, socket.gethostname()}
def refuse(host):
    if host in HERE or (isinstance(host, bytes) and host.decode() in HERE):
        return
    with open(os.environ["GENLAB_OUTSIDE_HOSTS"], "a") as file:
        file.write(f"{host}\\n")
    raise OSError(f"outside host: {host}")
def guarded(function, host_of):
    def call(*arguments, **options):
        refuse(host_of(arguments))
        return function(*arguments, **options)
    return call
def of_address(arguments):
    return arguments[1][0] if isinstance(arguments[1], tuple) else None
socket.getaddrinfo = guarded(socket.getaddrinfo, lambda arguments: arguments[0])
socket.socket.connect = guarded(socket.socket.connect, of_address)
socket.socket.connect_ex = guarded(socket.socket.connect_ex, of_address)
"""


@pytest.fixture(scope="session", autouse=True)
def no_outside_host(tmp_path_factory):
    """Fail if anything in the tests, in this process or one that it starts, looks up or connects to another host."""
    folder = tmp_path_factory.mktemp("guard")
    noted = folder / "hosts.txt"
    (folder / "sitecustomize.py").write_text(GUARD)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GENLAB_OUTSIDE_HOSTS", str(noted))
        patch.setenv("PYTHONPATH", str(folder), prepend=os.pathsep)
        for owner, name in ((socket, "getaddrinfo"), (socket.socket, "connect"), (socket.socket, "connect_ex")):
            patch.setattr(owner, name, getattr(owner, name))  # undone at the end
        exec(GUARD, {})
        with pytest.raises(OSError, match=r"outside host: genlab\.invalid"):
            socket.create_connection(("genlab.invalid", 80))
        noted.unlink()
        yield
    assert not noted.exists(), f"outside hosts were asked for: {noted.read_text().split()}"


@functools.cache
def parameters(environment: str) -> dict:
    """The parameters of conf/ in an environment, as a run reads them."""
    return Loader(str(ROOT / "conf"), **CONFIG_LOADER_ARGS | {"default_run_env": environment})["parameters"]


@functools.cache
def empty_store() -> bytes:
    """Contents of an MLflow database without runs. Creating its tables takes seconds, so all projects get a copy."""
    from mlflow import MlflowClient

    for talkative in ("mlflow", "alembic"):
        logging.getLogger(talkative).setLevel(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "mlflow.db"
        MlflowClient(f"sqlite:///{file}").search_experiments()
        return file.read_bytes()


def make_project(folder: Path, stems: int = 40, recipes: Collection[str] = ()) -> Path:
    """Copy the project with a few of its emoji and garments to `folder`, which is returned. The real project is not changed.

    If `recipes` is not empty, only these are copied: each session reads all recipes, which takes longer than many nodes.
    """
    for name in ("conf", "pyproject.toml", "dvc.yaml", ".dvcignore", "notebooks"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / name)
    for local in (folder / "conf" / "local").glob("*.yml"):
        local.unlink()
    for file in (folder / "conf").glob("*/parameters/recipes/*.yml"):
        if recipes and file.stem not in recipes:
            file.unlink()
    raw = folder / "data" / "01_raw" / "emoji"
    chosen = sorted((ROOT / "data" / "01_raw" / "emoji" / "3d").iterdir())[:: 600 // stems][:stems]
    for style in ("high_contrast", "flat", "3d"):
        (raw / style).mkdir(parents=True)
        for file in chosen:
            shutil.copy(ROOT / "data" / "01_raw" / "emoji" / style / file.name, raw / style / file.name)
    make_sample(ROOT / "data" / "01_raw" / "fashion", folder / "data" / "01_raw" / "fashion", {"train": 80, "test": 20})
    # Creating the extractor's ONNX file takes seconds, so all tests share one.
    (folder / ".genlab").mkdir()
    (ROOT / ".genlab" / "extractors").mkdir(parents=True, exist_ok=True)
    (folder / ".genlab" / "extractors").symlink_to(ROOT / ".genlab" / "extractors")
    (folder / "mlflow.db").write_bytes(empty_store())
    return folder


@pytest.fixture(autouse=True, scope="module")
def no_tracking_uri_left():
    """Unset the variable that mlflow.set_tracking_uri also sets: it would send the next module's runs to this module's store."""
    yield
    os.environ.pop("MLFLOW_TRACKING_URI", None)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A small project as the working directory."""
    make_project(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return tmp_path


def run_kedro(project: Path, pipeline: str = "cyclegan", tags: list[str] | None = None, **parameters) -> None:
    """`kedro run --env=test --pipelines=... --tags=... --params=...` in this process."""
    bootstrap_project(project)
    with KedroSession.create(project, env="test", runtime_params=parameters) as session:
        session.run(pipeline_names=[pipeline], tags=tags)

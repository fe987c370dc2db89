"""What all tests share: one thread, no outside host, and a project of their own."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import shutil
import socket
from pathlib import Path

import pytest
import torch
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project

torch.set_num_threads(1)
ROOT = Path(__file__).resolve().parent.parent
LOOPBACK = {"127.0.0.1", "::1", "localhost"}


@pytest.fixture(autouse=True)
def no_outside_host(monkeypatch):
    """Refuse every connection but to this machine."""
    connect = socket.socket.connect

    def guarded(self, address):
        if isinstance(address, tuple) and address[0] not in LOOPBACK:
            raise AssertionError(f"contacts an outside host: {address}")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


def make_project(folder: Path, stems: int = 40) -> Path:
    """A copy of the project with a few of its emoji: nothing of the real one is touched."""
    for name in ("conf", "pyproject.toml", "dvc.yaml", ".dvcignore", "notebooks"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / name)
    for local in (folder / "conf" / "local").glob("*.yml"):
        local.unlink()
    raw = folder / "data" / "01_raw" / "emoji"
    chosen = sorted((ROOT / "data" / "01_raw" / "emoji" / "3d").iterdir())[:: 600 // stems][:stems]
    for style in ("high_contrast", "3d"):
        (raw / style).mkdir(parents=True)
        for file in chosen:
            shutil.copy(ROOT / "data" / "01_raw" / "emoji" / style / file.name, raw / style / file.name)
    # The extractor's ONNX file takes seconds to make: all tests share one.
    (folder / ".genlab").mkdir()
    (ROOT / ".genlab" / "extractors").mkdir(parents=True, exist_ok=True)
    (folder / ".genlab" / "extractors").symlink_to(ROOT / ".genlab" / "extractors")
    return folder


@pytest.fixture
def project(tmp_path, monkeypatch):
    """The working directory, inside a small project."""
    make_project(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return tmp_path


def run_kedro(project: Path, pipeline: str = "cyclegan", tags: list[str] | None = None, **parameters) -> None:
    """`kedro run --env=test --pipelines=... --tags=... --params=...`, in this process."""
    bootstrap_project(project)
    with KedroSession.create(project, env="test", runtime_params=parameters) as session:
        session.run(pipeline_names=[pipeline], tags=tags)

"""Tests of `make ui` with a real server, and in a real browser where one is installed."""

import re
import shutil
import signal
import socket
import subprocess
import sys

import pytest
from conftest import ROOT, run_kedro
from projects import RECIPE, prepared_project

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project with a registered model."""
    folder = prepared_project(tmp_path_factory.mktemp("ui"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        run_kedro(folder, RECIPE)
    return folder


@pytest.fixture(scope="module")
def served(project):
    """The addresses that `make ui` prints."""
    code = f"import sys; from pathlib import Path; from pipelines import ui; ui.__file__ = {str(project / 'pipelines' / 'ui.py')!r}; "
    command = [sys.executable, "-c", code + "sys.exit(ui.main(sys.argv[1:]))", "--port", str(free_port())]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    lines = []
    while not (lines and "stop" in lines[-1]):
        lines.append(process.stdout.readline())
        assert process.poll() is None, lines
    yield dict(line.split() for line in lines if "http" in line)
    process.send_signal(signal.SIGINT)
    process.stdout.close()
    process.wait(timeout=30)


def page(address: str, folder) -> str:
    """The document of a page after its scripts have run, in a browser that reaches no other host."""
    options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1400,1000", f"--user-data-dir={folder}/profile"]
    options += ["--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"]
    command = [BROWSER, *options, "--virtual-time-budget=20000", "--dump-dom", address]
    return subprocess.run(command, capture_output=True, text=True, timeout=120).stdout


def test_a_taken_port_is_an_error_that_says_so():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        command = [sys.executable, "-m", "pipelines.ui", "--port", str(port)]
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1
    assert f"Error: Port {port} of 127.0.0.1 is taken" in ended.stderr and f"make ui PORT={port + 1}" in ended.stderr


@pytest.mark.skipif(BROWSER is None, reason="no chromium is installed")
def test_the_printed_pages_show_the_runs_and_the_registry_with_the_network_cut(served, tmp_path):
    runs, models = page(served["runs"], tmp_path), page(served["models"], tmp_path)
    assert "gan fashion" in runs and "/models?" in runs  # the run's name, and the registry in the menu
    assert "gan-fashion" in models
    loaded = re.findall(r"<(?:script|link|img)[^>]*(?:src|href)=\"https?://([^/:\"]+)", runs + models)
    assert set(loaded) <= {"127.0.0.1"}

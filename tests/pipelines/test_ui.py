"""Tests of `make ui` with a real server, and in a real browser where one is installed."""

import signal
import socket
import subprocess
import sys

import pytest
from browser import BROWSER, Page
from conftest import ROOT, run_kedro
from projects import RECIPE, client_of, prepared_project, runs

from genlab.errors import InputError
from pipelines.ports import check_port


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project with two runs of a model."""
    folder = prepared_project(tmp_path_factory.mktemp("ui"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        run_kedro(folder, RECIPE)
        run_kedro(folder, RECIPE, gan={"seed": 1})
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


def test_a_taken_port_is_an_error_that_says_so():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        command = [sys.executable, "-m", "pipelines.ui", "--port", str(port)]
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1
    assert f"Error: Port {port} of 127.0.0.1 is taken" in ended.stderr and f"make ui PORT={port + 1}" in ended.stderr


@pytest.mark.parametrize("port", [0, -1, 65536, 99999])
def test_a_number_that_is_no_port_is_an_error(port):
    with pytest.raises(InputError, match=rf"Port {port}: expected a whole number from 1 to 65535: make ui PORT=5050\."):
        check_port(port, "make ui PORT=")


@pytest.mark.skipif(BROWSER is None, reason="no chromium is installed")
def test_the_pages_in_a_browser_with_the_network_cut(project, served, tmp_path):
    """Runs with the registry in the menu, the picture of a version, and two runs compared."""
    base, mode = served["runs"].partition("/#/")[0], served["runs"].rpartition("?")[2]
    one, two = (run.info.run_id for run in runs(client_of(project)))
    local = "performance.getEntriesByType('resource').every(each => /^(data|blob):|^https?:\\/\\/127\\.0\\.0\\.1[:\\/]/.test(each.name))"
    with Page(served["runs"], tmp_path) as page:
        page.wait("document.body && document.body.innerText.includes('gan fashion env=test seed=1')", 60)
        assert page.value("document.body.innerText.includes('Model registry')") and page.value(local)
        page.call("Page.navigate", url=f"{base}/#/models/gan-fashion/versions/1?{mode}")
        page.wait("[...document.images].some(each => each.src.includes('get-artifact') && each.naturalWidth > 0)", 60)
        page.call("Page.navigate", url=f"{base}/#/models?{mode}")
        page.wait("document.body.innerText.includes('gan-fashion')", 60)
        page.call("Page.navigate", url=f'{base}/#/compare-runs?runs=["{one}","{two}"]&experiments=["1"]&{mode}')
        page.wait(f"document.body.innerText.includes('{one}') && document.body.innerText.includes('{two}')", 60)
        assert page.value(local)

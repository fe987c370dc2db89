"""Tests of `make ui` with a real server, and in a real browser where one is installed."""

import re
import signal
import socket
import subprocess
import sys
from types import SimpleNamespace

import pytest
from browser import BROWSER, Page
from conftest import ROOT, run_kedro
from projects import RECIPE, client_of, prepared_project, runs

from genlab.errors import InputError
from pipelines import ui
from pipelines.commands import leaderboard
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


@pytest.mark.parametrize(("terminal", "desktop"), [(True, True), (True, False), (False, True)])
def test_a_browser_is_opened_from_a_terminal_of_a_desktop_only(terminal, desktop, monkeypatch, capsys):
    opened = []
    monkeypatch.setattr(ui, "serve", lambda project, port: SimpleNamespace(wait=lambda: 0))
    monkeypatch.setattr(ui, "address", lambda project, port: "the address")
    monkeypatch.setattr(ui.signal, "signal", lambda *arguments: None)
    monkeypatch.setattr(ui.webbrowser, "open", opened.append)
    monkeypatch.setattr(ui.sys, "platform", "linux")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal, raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setenv("DISPLAY", ":0" if desktop else "")
    assert ui.main([]) == 0 and "the address" in capsys.readouterr().out
    assert opened == (["the address"] if terminal and desktop else [])


LOCAL = "performance.getEntriesByType('resource').every(each => /^(data|blob):|^https?:\\/\\/127\\.0\\.0\\.1[:\\/]/.test(each.name))"
ROWS = "[...document.querySelectorAll('input[aria-label*=\"toggle row selection\"]')]"  # check boxes of the list of runs
LINK = "[...document.querySelectorAll('a')].find(each => each.innerText === 'fashion' && each.href.includes('/artifacts/'))"
browser = pytest.mark.skipif(BROWSER is None, reason="no chromium is installed")


def button(words: str) -> str:
    """JavaScript of the button with these words."""
    return f"[...document.querySelectorAll('button')].find(each => each.innerText.trim() === '{words}')"


def has(*texts: str) -> str:
    """JavaScript that is true when the page shows all texts."""
    return "document.body && " + " && ".join(f"document.body.innerText.includes({text!r})" for text in texts)


@pytest.fixture(scope="module")
def page(served, tmp_path_factory):
    """A browser whose first page is the one that `make ui` prints."""
    with Page(served["runs"], tmp_path_factory.mktemp("browser")) as opened:
        yield opened


@browser
def test_the_first_page_shows_the_runs_the_registry_and_the_leaderboard(page):
    page.wait(has("gan fashion env=test seed=1", "Leaderboards fashion: gan-fashion/"), 60)
    assert page.value(has("Model registry")) and page.value(LOCAL)
    address = page.value(f"{LINK}.href")
    page.call("Page.navigate", url=address)
    page.wait("!!document.querySelector('iframe[src^=blob]')", 60)  # MLflow shows the page among the artifacts of its run
    assert page.value(has("fashion.html", "genlab-leaderboards")) and page.value(LOCAL)


@browser
def test_two_runs_are_compared_from_the_list_with_the_parameters_that_differ(project, served, page):
    page.call("Page.navigate", url=served["runs"])
    page.wait(f"{ROWS}.length >= 2", 60)
    for row in range(2):  # not at once: the list draws its rows again after each
        page.value(f"{ROWS}[{row}].click()")
        page.wait(f"{ROWS}[{row}].checked")
    page.wait(f"!!{button('Compare')} && !{button('Compare')}.disabled")
    page.value(f"{button('Compare')}.click()")
    names = [run.info.run_name for run in runs(client_of(project))]
    page.wait(has("Comparing 2 Runs", *(run.info.run_id for run in runs(client_of(project)))), 60)
    assert page.value(has(*names)) and sorted(names) == ["gan fashion env=test", "gan fashion env=test seed=1"]
    text = page.value("document.body.innerText")
    assert re.search(r"^seed\t(0\t1|1\t0)$", text, re.MULTILINE) and re.search(r"^images\tfashion\tfashion$", text, re.MULTILINE)
    assert page.value(LOCAL)


@browser
def test_the_picture_of_a_version_is_loaded_and_its_links_lead_to_the_other_pictures(served, page):
    base, mode = served["runs"].partition("/#/")[0], served["runs"].rpartition("?")[2]
    loaded = "[...document.images].some(each => each.src.includes('get-artifact') && each.naturalWidth > 0)"
    page.call("Page.navigate", url=f"{base}/#/models?{mode}")
    page.wait(has("gan-fashion"), 60)
    page.call("Page.navigate", url=f"{base}/#/models/gan-fashion/versions/1?{mode}")
    page.wait(loaded, 60)
    address = page.value("[...document.querySelectorAll('a')].find(each => each.innerText === 'curves').href")
    assert page.value(has("kid_efflite0 x 1000", "genlab sample gan-fashion/1 --count 64", "mlflow models serve"))
    page.call("Page.navigate", url=address)
    page.wait("[...document.images].some(each => each.naturalWidth > 300)", 60)
    assert page.value(has("curves.png")) and page.value(LOCAL)


@browser
def test_the_page_of_the_leaderboard_is_readable_on_a_phone(project, tmp_path, monkeypatch):
    monkeypatch.chdir(project)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    out = tmp_path / "page.html"
    leaderboard.run(leaderboard.parser().parse_args(["fashion", "--all", "--out", str(out)]))
    with Page(out.as_uri(), tmp_path, 390, 800) as phone:
        phone.wait("document.readyState === 'complete' && document.images.length === 2")
        assert phone.value("[...document.images].every(each => each.naturalWidth > 0 && each.getBoundingClientRect().width > 300)")
        assert phone.value("document.documentElement.scrollWidth <= 390")  # nothing to scroll sideways for
        assert phone.value("performance.getEntriesByType('resource').every(each => each.name.startsWith('data:'))")

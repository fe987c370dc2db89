"""How torch's threads wait, which is chosen before torch is loaded."""

import os
import subprocess
import sys

import pytest

from genlab.engine import waiting

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="libgomp is the library of torch's threads on Linux only")
STATISTICS = "cpu  1 2 3\ncpu0 1 2 3\ncpu1 1 2 3\nintr 5 0\nprocesses 99\nprocs_running {}\nprocs_blocked 0\n"


@pytest.fixture
def running(tmp_path, monkeypatch):
    """Pretend that this many processes run on a machine with two cores, both of which this process may use."""
    monkeypatch.setattr(waiting, "STATISTICS", tmp_path / "stat")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1}, raising=False)
    for name in waiting.SET_BY_USER:
        monkeypatch.setenv(name, "")  # so that it is restored
        monkeypatch.delenv(name)
    monkeypatch.delitem(sys.modules, "torch", raising=False)

    def pretend(processes):
        (tmp_path / "stat").write_text(STATISTICS.format(processes))

    return pretend


@pytest.mark.parametrize(("processes", "policy"), [(1, None), (2, "PASSIVE"), (3, "PASSIVE")])
def test_threads_sleep_if_other_processes_run(processes, policy, running):
    running(processes)
    waiting.choose_waiting()
    assert os.environ.get("OMP_WAIT_POLICY") == policy


def test_what_the_user_has_set_stays(running, monkeypatch):
    running(3)
    monkeypatch.setenv("GOMP_SPINCOUNT", "5")
    waiting.choose_waiting()
    assert "OMP_WAIT_POLICY" not in os.environ


def test_nothing_is_chosen_after_torch_was_loaded_or_without_statistics(running, monkeypatch):
    waiting.choose_waiting()  # there is no file
    running(3)
    monkeypatch.setitem(sys.modules, "torch", None)
    waiting.choose_waiting()
    assert "OMP_WAIT_POLICY" not in os.environ


def test_genlab_chooses_before_torch_is_loaded():
    program = f"""
import os, pathlib
real = pathlib.Path.read_text
pathlib.Path.read_text = lambda path, **named: {STATISTICS.format(9)!r} if str(path) == "/proc/stat" else real(path, **named)
from genlab.engine.recipe import Recipe
print(os.environ.get("OMP_WAIT_POLICY"))
"""
    given = {name: value for name, value in os.environ.items() if name not in waiting.SET_BY_USER}
    found = subprocess.run([sys.executable, "-c", program], env=given, capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["PASSIVE"]

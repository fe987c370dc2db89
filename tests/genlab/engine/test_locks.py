"""Tests of locks between processes, with real processes."""

import errno
import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from genlab.engine import locks
from genlab.engine.locks import LockedError, locked

HOLD = """
import sys, time
from pathlib import Path
from genlab.engine.locks import locked
with locked(Path(sys.argv[1]), "is holding it", ""):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the lock `lock`."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path / "lock")], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    with process:
        yield process
        process.kill()


def test_the_message_names_the_process_and_what_to_do(tmp_path, holder):
    with pytest.raises(LockedError) as caught, locked(tmp_path / "lock", "is training", "Wait for it."):
        pass
    assert str(caught.value).startswith(f"Process {holder.pid} ('-c {tmp_path}/lock', since 2")
    assert str(caught.value).endswith(f"is training ({tmp_path}). Wait for it.")


def test_the_lock_of_a_killed_process_is_free(tmp_path, holder):
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    with locked(tmp_path / "lock", "is training", ""):
        assert json.loads((tmp_path / "lock").read_text())["pid"] == os.getpid()


def test_a_lock_that_children_of_an_ended_process_still_hold_is_waited_for(tmp_path, holder, monkeypatch):
    """The data loader's processes share the locks of the process that has started them, and outlive it by some seconds."""
    monkeypatch.setattr(locks, "gone", lambda described: True)
    threading.Timer(0.3, holder.kill).start()
    with locked(tmp_path / "lock", "is training", ""):
        pass
    monkeypatch.setattr(locks, "PATIENCE", 0.2)
    with locked(tmp_path / "other", "", ""), pytest.raises(LockedError), locked(tmp_path / "other", "is training", ""):
        pass


def test_waiting_for_a_lock(tmp_path, holder):
    started = time.monotonic()
    threading.Timer(0.3, holder.kill).start()
    with locked(tmp_path / "lock", "is preparing", "", wait=True):
        assert time.monotonic() - started > 0.2


def test_a_file_system_without_locks_is_a_warning(tmp_path, monkeypatch, caplog):
    def refuse(*arguments):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with locked(tmp_path / "lock", "trains", ""):
        pass
    assert "this file system has no locks (No locks available). Run nothing else here that trains." in caplog.text

"""Tests that a training outlives its tracker: a real MLflow server is stopped and started again in the middle, a database is locked."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request

import pytest
from conftest import run_kedro
from kedro.io import DatasetError
from mlflow import MlflowClient
from projects import LONG, RECIPE, client_of, copied, ended, entered, prepared_project, runs, start, states, wait_for

from genlab.training.interruption import Interrupted
from pipelines.tracking import run as module
from pipelines.tracking.address import TrackingError
from pipelines.tracking.operations import Operation
from pipelines.tracking.outbox import Outbox
from pipelines.tracking.store import OUTBOX


class Server:
    """A real MLflow server with a database and artifacts of its own."""

    def __init__(self, folder):
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.uri = f"http://127.0.0.1:{self.port}"

    def start(self):
        command = [sys.executable, "-m", "mlflow", "server", "--workers", "1", "--host", "127.0.0.1", "--port", str(self.port)]
        command += ["--backend-store-uri", f"sqlite:///{self.folder}/server.db", "--artifacts-destination", str(self.folder / "artifacts")]
        quiet = os.environ | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
        self.process = subprocess.Popen(
            command, cwd=self.folder, env=quiet, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        deadline = time.monotonic() + 60
        while not self.answers():
            assert self.process.poll() is None and time.monotonic() < deadline
            time.sleep(0.1)

    def answers(self):
        try:
            with urllib.request.urlopen(f"{self.uri}/health", timeout=1):
                return True
        except OSError:
            return False

    def stop(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    return prepared_project(tmp_path_factory.mktemp("prepared"))


@pytest.fixture
def project(prepared, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "FIRST_PAUSE", 0.1)
    return entered(prepared, tmp_path / "project", monkeypatch)


@pytest.fixture
def server(tmp_path):
    folder = tmp_path / "server"
    folder.mkdir()
    server = Server(folder)
    server.start()
    yield server
    server.stop()


def recorded(client, run_id):
    """What a run has: all points of all metrics without their times, and the names of its artifacts without those of MLflow's choice."""
    metrics = client.get_run(run_id).data.metrics
    points = {name: sorted((point.step, point.value) for point in client.get_metric_history(run_id, name)) for name in metrics}
    pictures = sorted(file.path.partition("+timestamp")[0] for file in client.list_artifacts(run_id, "images"))
    return {name: each for name, each in points.items() if not name.startswith(("speed/", "system/"))}, pictures


def test_a_training_outlives_the_server_and_loses_nothing(project, server, monkeypatch):
    """The server is killed in mid-run; it is back before the end of one run, and after the end of the other."""
    slow = LONG | {"gan.budget.images": 1920, "gan.monitoring.pictures_every": 480}
    first = start(project, "--tags=train", uri=server.uri, **slow)
    wait_for(lambda: states(project), first)
    server.stop()
    code, printed = ended(first)
    assert code == 0, printed
    assert "Traceback" not in printed and printed.count(f"MLflow at {server.uri} does not answer") == 1
    (outbox,) = (each for each in (project / OUTBOX).iterdir() if each.is_dir())
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server.uri)
    with pytest.raises(TrackingError, match=rf"MLflow at {server.uri} does not answer .*Start the server, or set MLFLOW_TRACKING_URI"):
        run_kedro(project, "sync_tracking")
    server.start()
    client = MlflowClient(server.uri)
    assert client.get_run(outbox.name).info.status == "RUNNING"
    run_kedro(project, "sync_tracking")
    assert client.get_run(outbox.name).info.status == "FINISHED" and not outbox.exists()

    straight = copied(project, project.with_name("straight"))
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    for state in states(straight):
        state.unlink()
    assert ended(start(straight, "--tags=train", **slow))[0] == 0
    (run,) = runs(client_of(straight))
    assert recorded(client, outbox.name) == recorded(client_of(straight), run.info.run_id)
    assert client.get_run(outbox.name).data.params == run.data.params
    assert client.get_run(outbox.name).data.tags["genlab.checkpoint"] == run.data.tags["genlab.checkpoint"]


def test_a_server_that_is_down_at_the_start_is_one_line_that_names_it(project, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    started = time.monotonic()
    with pytest.raises(TrackingError, match=r"MLflow at http://127\.0\.0\.1:9 does not answer \(ConnectionRefusedError: .*\)"):
        run_kedro(project, RECIPE, ["train"])
    assert time.monotonic() - started < 10 and not states(project)


def test_a_locked_database_does_not_stop_a_training(project):
    process = start(project, "--tags=train", **LONG)
    wait_for(lambda: states(project), process)
    with sqlite3.connect(project / "mlflow.db") as database:
        database.execute("BEGIN IMMEDIATE")
        time.sleep(0.5)
        database.rollback()
    database.close()
    code, printed = ended(process)
    assert code == 0 and "Traceback" not in printed, printed
    (run,) = runs(client_of(project))
    steps = [point.step for point in client_of(project).get_metric_history(run.info.run_id, "loss/critic")]
    assert steps == list(range(12, 481, 12)) and run.info.status == "FINISHED"


def test_two_first_commands_at_once_make_the_tables_once(project):
    (project / "mlflow.db").unlink()
    for outcome in [ended(process) for process in [start(project, "--tags=prepare") for _ in range(2)]]:
        assert outcome[0] == 0, outcome[1]
    client = client_of(project)
    found = client.search_runs([client.get_experiment_by_name("genlab").experiment_id])
    assert [run.info.status for run in found] == ["FINISHED", "FINISHED"]


@pytest.mark.parametrize("content", [b"no database", b"SQLite format 3\0" + bytes(100)])
def test_a_damaged_database_is_one_line(project, content):
    (project / "mlflow.db").write_bytes(content)
    with pytest.raises(TrackingError, match=r"mlflow\.db does not answer \(DatabaseError: "):
        run_kedro(project, RECIPE, ["train"])


class Failing:
    """A client whose calls fail as long as `down` is set. It keeps the calls that succeeded."""

    tracking_uri = "http://127.0.0.1:9"

    def __init__(self):
        self.down, self.calls, self.error = True, [], ConnectionError("refused")

    def log_batch(self, run_id, metrics=(), params=(), tags=()):
        if self.down:
            raise self.error
        self.calls += [(each.key, each.value) for each in (*metrics, *params, *tags)]

    def log_artifact(self, run_id, path, folder):
        if self.down:
            raise self.error
        with open(path, "rb") as file:
            self.calls.append((os.path.basename(path), file.read()))


def test_records_wait_in_their_order_also_for_a_later_process(tmp_path):
    client, file = Failing(), tmp_path / "a.txt"
    run = module.Run(client, "one", tmp_path / "outbox")
    file.write_bytes(b"first")
    run.metrics({"loss": 1.0})
    run.file(file, "folder")
    file.write_bytes(b"changed meanwhile")
    run.tag({"done": "yes"})
    assert len(run.outbox) == 3 and client.calls == []
    client.down = False
    later = Outbox(tmp_path / "outbox" / "one")
    assert later.deliver(client, "one") == 3
    assert client.calls == [("loss", 1.0), ("a.txt", b"first"), ("done", "yes")] and not later.folder.exists()


def test_records_are_kept_in_memory_if_the_disk_is_full_too(tmp_path, monkeypatch):
    client = Failing()
    run = module.Run(client, "one", tmp_path / "outbox")
    with monkeypatch.context() as patch:
        patch.setattr("pipelines.tracking.outbox.write", lambda *given: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        run.metrics({"a": 1.0})
        run.metrics({"b": 2.0})
    run.metrics({"c": 3.0})
    client.down = False
    assert run.deliver() and [name for name, _ in client.calls] == ["a", "b", "c"]


def test_a_refused_record_is_kept_aside_and_does_not_hold_up_the_others(tmp_path):
    from mlflow.exceptions import MlflowException
    from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE

    client, outbox = Failing(), Outbox(tmp_path / "outbox" / "one")
    outbox.add("one", "uri", Operation("tags", {"a": "1"}))
    client.error = MlflowException("the run is deleted", INVALID_PARAMETER_VALUE)
    assert outbox.deliver(client, "one") == 1 and (outbox.folder / "refused" / "00000001.json").exists()
    assert len(Outbox(outbox.folder)) == 0


def test_an_outage_is_reported_once_and_attempts_become_rarer(tmp_path, caplog, monkeypatch):
    caplog.set_level("INFO")
    client, attempts = Failing(), []
    monkeypatch.setattr(client, "log_batch", lambda *given, **named: attempts.append(1) or Failing.log_batch(client, *given, **named))
    run = module.Run(client, "one", tmp_path / "outbox", name="gan")
    for step in range(20):
        run.metrics({"loss": 1.0}, step)
    assert len(attempts) == 1 and caplog.text.count("does not answer (ConnectionError: refused). The run goes on") == 1
    client.down, run.next_attempt = False, 0.0
    run.metrics({"loss": 1.0}, 20)
    assert len(client.calls) == 21 and "MLflow answers again: 20 waiting records of gan were delivered." in caplog.text


def test_an_error_in_registration_says_how_to_register_later(project, monkeypatch):
    monkeypatch.setattr("pipelines.release.registry.log_model", lambda *given: (_ for _ in ()).throw(RuntimeError("connection")))
    monkeypatch.setattr("pipelines.tracking.address.probe_database", lambda file: (_ for _ in ()).throw(sqlite3.OperationalError("locked")))
    monkeypatch.setattr("pipelines.tracking.store.probe", lambda uri: None)
    with pytest.raises(DatasetError, match=r"does not answer .*`kedro run --pipeline=gan --tags=release` registers them then"):
        run_kedro(project, RECIPE)


@pytest.mark.parametrize("call", ["send", "deliver", "add"])
def test_ctrl_c_in_a_call_to_mlflow_is_no_outage(tmp_path, call, monkeypatch):
    client = Failing()
    run = module.Run(client, "one", tmp_path / "outbox")
    if call == "deliver":
        run.metrics({"loss": 1.0})
    client.error = Interrupted(signal.SIGINT)
    if call == "add":
        client.error = ConnectionError("refused")
        monkeypatch.setattr("pipelines.tracking.outbox.write", lambda *given: (_ for _ in ()).throw(Interrupted(signal.SIGINT)))
    with pytest.raises(Interrupted):
        run.deliver() if call == "deliver" else run.metrics({"loss": 2.0})

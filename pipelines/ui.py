"""MLflow's UI for this project: `make ui`. It opens and prints an address at which the runs and the registry are in sight."""

import argparse
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Sequence
from pathlib import Path

from genlab.errors import InputError
from pipelines.ports import HOST, check_port
from pipelines.tracking.address import tracking_uri
from pipelines.tracking.experiments import EXPERIMENT, MODE
from pipelines.tracking.store import Runs

PATIENCE = 60.0  # seconds for the server to start


def serve(project: Path, port: int) -> subprocess.Popen[bytes]:
    """Start the UI with one worker, and wait until it answers.

    Raises:
        InputError: the port is taken, or the server does not start.
    """
    check_port(port, "make ui PORT=")
    quiet = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}  # 0.5 GB instead of 2.4
    command = [sys.executable, "-m", "mlflow", "ui", "--workers", "1", "--host", HOST, "--port", str(port)]
    process = subprocess.Popen([*command, "--backend-store-uri", tracking_uri(project)], cwd=project, env={**os.environ, **quiet})
    deadline = time.monotonic() + PATIENCE
    while not answers(port):
        if process.poll() is not None or time.monotonic() > deadline:
            process.terminate()
            raise InputError(f"MLflow's UI did not start in {PATIENCE:.0f} s; its messages are above. Try PORT={port + 1}.")
        time.sleep(0.2)
    return process


def answers(port: int) -> bool:
    """Whether a server answers at the port."""
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}/health", timeout=2):
            return True
    except (OSError, urllib.error.URLError):
        return False


def address(project: Path, port: int) -> str:
    """Address of the page with the project's runs; of all experiments if there are no runs yet."""
    experiment = Runs(project).client().get_experiment_by_name(EXPERIMENT)
    page = "experiments" if experiment is None else f"experiments/{experiment.experiment_id}/runs"
    return f"http://{HOST}:{port}/#/{page}?{MODE}"


def has_desktop() -> bool:
    """Whether this machine can show a window; without one, a browser in the terminal would take its place."""
    return sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve the UI until Ctrl-C; return the exit status."""
    parser = argparse.ArgumentParser(prog="make ui", description="Browse runs, pictures and models with MLflow.")
    parser.add_argument("--port", type=int, default=5000)
    project = Path(__file__).resolve().parent.parent
    port = parser.parse_args(arguments).port
    try:
        process = serve(project, port)
    except InputError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    print(f"\n  runs      {address(project, port)}\n  models    http://{HOST}:{port}/#/models?{MODE}\n  stop      Ctrl-C\n", flush=True)
    if sys.stdout.isatty() and has_desktop():
        webbrowser.open(address(project, port))
    signal.signal(signal.SIGTERM, lambda number, frame: process.terminate())
    try:
        return process.wait()
    except KeyboardInterrupt:
        process.terminate()
        return 128 + signal.SIGINT


if __name__ == "__main__":
    sys.exit(main())

"""Measure what Kedro and tracking add to a run: its time minus that of the library's own work in the same process.

    python benchmarks/overhead.py [recipe] [--images N] [--env ENVIRONMENT]

Runs `kedro run --pipeline=<recipe>` in a temporary copy of the project with a budget of N images, and divides the processor time and the
wall time of its process. The library's work is that of the nodes which call genlab alone (read, prepare, fit, evaluate, export), without
the calls to MLflow inside them. All else is overhead: the start, also the import of torch; checks; validation with Great Expectations;
files; cards, the registration, every call to MLflow, and the end. A run of ten minutes has the same parts once, and calls to MLflow in
proportion to its training: its share is extrapolated. Results: data/08_reporting/benchmarks/overhead.json.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from genlab.engine.json_text import json_text  # noqa: E402

OUT = ROOT / "data/08_reporting/benchmarks/overhead.json"
LIBRARY = ("read", "prepare", "fit", "evaluate", "export")  # nodes that call genlab alone
LONG = 600.0  # seconds of the run that is extrapolated to


class Clock:
    """Seconds of processor and of wall, by name."""

    def __init__(self) -> None:
        self.spent: dict[str, list[float]] = {}
        self.node = ""  # that runs

    def measured(self, name: str, function: Any, *arguments: Any) -> Any:
        """Call a function and add its time under a name."""
        start = time.process_time(), time.perf_counter()
        try:
            return function(*arguments)
        finally:
            spent = time.process_time() - start[0], time.perf_counter() - start[1]
            former = self.spent.setdefault(name, [0.0, 0.0])
            self.spent[name] = [former[0] + spent[0], former[1] + spent[1]]


def child(file: Path, options: list[str]) -> None:
    """Run Kedro in this process, and write the times of nodes (`node <name>`) and of calls to MLflow in them (`mlflow <name>`)."""
    from kedro.framework.cli import main
    from kedro.pipeline.node import Node

    from pipelines.tracking.run import Run

    clock, run, send = Clock(), Node.run, Run.send

    def timed_run(node: Node, inputs: Any = None) -> Any:
        clock.node = node.name.rpartition(".")[2]
        try:
            return clock.measured(f"node {clock.node}", run, node, inputs)
        finally:
            clock.node = ""

    def timed_send(tracked: Run, operation: Any) -> Any:
        return clock.measured(f"mlflow {clock.node}", send, tracked, operation)

    Node.run, Run.send = timed_run, timed_send  # type: ignore[method-assign, assignment]
    sys.argv = ["kedro", "run", *options]
    try:
        main()
    finally:
        file.write_text(json_text(clock.spent), encoding="utf-8")


def project(folder: Path) -> Path:
    """A copy of the project's configuration, with links to its raw data and to its extractors."""
    shutil.copytree(ROOT / "conf", folder / "conf")
    shutil.copy(ROOT / "pyproject.toml", folder)
    (folder / "data").mkdir()
    (folder / "data/01_raw").symlink_to(ROOT / "data/01_raw")
    (folder / ".genlab").mkdir()
    (ROOT / ".genlab/extractors").mkdir(parents=True, exist_ok=True)
    (folder / ".genlab/extractors").symlink_to(ROOT / ".genlab/extractors")
    return folder


def measured(folder: Path, options: list[str]) -> dict[str, Any]:
    """Processor and wall seconds of one run, as a whole and by part."""
    variables = {name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"} | {"PYTHONPATH": str(ROOT)}
    file, start = folder / "times.json", time.perf_counter()
    command = [sys.executable, __file__, "--child", str(file), *options]
    process = subprocess.Popen(command, cwd=folder, env=variables)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"kedro run {' '.join(options)} failed.")
    spent = json.loads(file.read_text(encoding="utf-8"))
    return {"whole": [usage.ru_utime + usage.ru_stime, time.perf_counter() - start], "parts": spent}


def divided(times: dict[str, Any]) -> dict[str, dict[str, float]]:
    """The overhead of a run, and of one of ten minutes, in processor and in wall time."""
    found = {}
    for index, kind in enumerate(("processor", "wall")):
        parts = {name: spent[index] for name, spent in times["parts"].items()}
        whole, fit = times["whole"][index], parts["node fit"]
        inside = sum(spent for name, spent in parts.items() if name in {f"mlflow {node}" for node in LIBRARY})
        library = sum(parts.get(f"node {name}", 0.0) for name in LIBRARY) - inside
        logged = parts.get("mlflow fit", 0.0)
        rate = logged / fit  # of the training's time
        fixed = whole - library - logged
        found[kind] = {
            "whole": whole,
            "library": library,
            "overhead": whole - library,
            "mlflow": sum(spent for name, spent in parts.items() if name.startswith("mlflow")),
            "mlflow in training": logged,
            "fixed": fixed,
            "share of ten minutes": fixed / LONG + rate,
        }
    return found


def main(recipe: str, images: int, environment: str) -> None:
    """Measure one run after a first command that creates MLflow's database, and write the results."""
    with tempfile.TemporaryDirectory() as name:
        folder = project(Path(name))
        subprocess.run([sys.executable, "-m", "kedro", "run", "--pipelines=sync_tracking"], cwd=folder, check=True)
        times = measured(folder, [f"--pipelines={recipe}", f"--env={environment}", f"--params={recipe}.budget.images={images}"])
    results = {"recipe": recipe, "images": images, "env": environment, **divided(times), **times}
    print(json_text(results, indent=2))
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json_text(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(Path(sys.argv[2]), sys.argv[3:])
    else:
        arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
        arguments.add_argument("recipe", nargs="?", default="gan")
        arguments.add_argument("--images", type=int, default=1600, help="budget of the training")
        arguments.add_argument("--env", default="local", help="environment of conf/")
        given = arguments.parse_args()
        main(given.recipe, given.images, given.env)

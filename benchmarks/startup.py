"""Measure the start and the end of commands, and write docs/performance/startup.md.

    python benchmarks/startup.py [--before FOLDER] [--repeats N]
    python benchmarks/startup.py --page     write the page again from the results that exist

Commands alternate between this checkout and, with `--before`, a checkout of another commit in the same environment. DVC's commands run in
temporary clones, with nothing made, and with a stand-in of a few kilobytes for everything that DVC's stages make; each also with the YAML
parser in Python, which DVC uses without `ruamel.yaml.clib`. Each number is the least of N in a row. The results are written to
data/08_reporting/benchmarks/startup.json; the page also has those of `benchmarks/evaluation.py --frechet` and `benchmarks/overhead.py`.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from genlab.engine.json_text import json_text  # noqa: E402

RESULTS = ROOT / "data/08_reporting/benchmarks"
PAGE = ROOT / "docs/performance/startup.md"
COMMANDS = {
    "kedro --version": ("kedro", "--version"),
    "kedro registry list": ("kedro", "registry", "list"),
    "kedro run --pipeline=prepare_digits --env=test": ("kedro", "run", "--pipeline=prepare_digits", "--env=test"),
}
DVC = {"dvc --version": ("dvc", "--version"), "dvc status": ("dvc", "status"), "dvc repro": ("dvc", "repro")}
# A module that cannot be imported, as if the package were not installed.
WITHOUT_LIBYAML = 'import sys\nsys.modules["_ruamel_yaml"] = sys.modules["_ruamel_yaml_clibz"] = None\n'


def measured(command: Sequence[str], folder: Path, first: str = "") -> dict[str, float]:
    """Seconds of processor and of wall that a Python command takes, and seconds from its last line of output to its end."""
    variables = {name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"}
    variables["PYTHONPATH"] = os.pathsep.join(filter(None, [str(folder), first]))
    start = last = time.perf_counter()
    call = [sys.executable, "-m", *command]
    process = subprocess.Popen(call, cwd=folder, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1)
    assert process.stdout is not None  # a pipe
    for _ in process.stdout:
        last = time.perf_counter()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} failed in {folder}.")
    end = time.perf_counter()
    return {"processor": usage.ru_utime + usage.ru_stime, "wall": end - start, "end": end - last}


def least(found: Sequence[dict[str, float]]) -> dict[str, float]:
    """The least of each number."""
    return {name: min(each[name] for each in found) for name in found[0]}


def commands(folders: dict[str, Path], repeats: int) -> dict[str, Any]:
    """Times of Kedro's commands in each checkout, alternated."""
    results: dict[str, Any] = {}
    for name, command in COMMANDS.items():
        found: dict[str, list[dict[str, float]]] = {label: [] for label in folders}
        for _ in range(repeats):
            for label, folder in folders.items():
                found[label].append(measured(command, folder))
        results[name] = {label: least(each) for label, each in found.items()}
        print(name, json_text(results[name]), flush=True)
    return results


def stand_ins(clone: Path) -> None:
    """Write something for every output of DVC's stages, and have DVC take it for the result."""
    from dvc.repo import Repo  # type: ignore[import-untyped]

    subprocess.run([sys.executable, "scripts/fingerprints.py"], cwd=clone, check=True, stdout=subprocess.DEVNULL)
    for stage in Repo(str(clone)).index.stages:
        for out in stage.outs:
            path = Path(out.fs_path)
            file = path if path.suffix else path / "stand-in.json"
            if not path.exists():
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(json_text({"of": str(file.relative_to(clone))}))
    subprocess.run([sys.executable, "-m", "dvc", "commit", "--force", "--quiet"], cwd=clone, check=True)


def dvc(repeats: int) -> dict[str, Any]:
    """Times of DVC's commands: with nothing and with everything made, with and without libyaml."""
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        clone, without = Path(name, "clone"), Path(name, "without")
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        without.mkdir()
        (without / "sitecustomize.py").write_text(WITHOUT_LIBYAML)
        for state, names in (("", ("dvc --version",)), ("nothing made", ("dvc status",)), ("everything made", ("dvc status", "dvc repro"))):
            if state == "everything made":
                stand_ins(clone)
            for command in names:
                found = {
                    label: least([measured(DVC[command], clone, first) for _ in range(repeats)])
                    for label, first in (("before", str(without)), ("after", ""))
                }
                results[f"{command}, {state}" if state else command] = found
                print(command, state, json_text(found), flush=True)
    return results


def page() -> str:
    """The page of all results."""
    results = json.loads((RESULTS / "startup.json").read_text(encoding="utf-8"))
    parts = [
        "<!-- Written by benchmarks/startup.py. -->\n",
        "# Start and end of commands\n",
        INTRODUCTION,
        table(results["commands"] | results["dvc"]),
    ]
    parts += [AFTER_TABLE]
    if (file := RESULTS / "overhead.json").exists():
        parts += [overhead(json.loads(file.read_text(encoding="utf-8")))]
    if (file := RESULTS / "frechet.json").exists():
        parts += [frechet(json.loads(file.read_text(encoding="utf-8")))]
    return "\n".join(parts)


INTRODUCTION = """\
Seconds on 2 cores, no GPU, with other work on the machine: processor time is the measure, wall time includes waiting. Each number is the
least of several in a row. `python benchmarks/startup.py --before <another checkout>` measures them again.
"""
AFTER_TABLE = """
"End" is the wall time from the last printed line to the prompt. Three things were changed:

- Plain files of parameters are read once per session, parsed by libyaml and without OmegaConf. Files with interpolations are read by
  Kedro's loader as before.
- The end of a process does not search its memory for unreachable objects, of which there are 700,000 after the imports of a run.
- DVC parses YAML with libyaml (`ruamel.yaml.clib`). With everything made it reads 178 YAML files, 174 of them files of parameters, once
  for each of its 138 stages and their parameters, and that took three quarters of its time. What remains are its imports (0.3 s),
  `dvc.lock`, and the states of 900 dependencies and outputs. For DVC "before" is the parser in Python.

libyaml wants a value with a colon, such as an address, in quotes if it is within braces: `{root: "http://..."}`.
"""


def table(results: dict[str, Any]) -> str:
    """Rows of commands: processor and wall time and the end, before and after."""
    lines = ["| command | processor before | after | wall before | after | end before | after |", "|---|---:|---:|---:|---:|---:|---:|"]
    for name, found in results.items():
        cells = [
            f"{found[label][kind]:.2f}" if label in found else "" for kind in ("processor", "wall", "end") for label in ("before", "after")
        ]
        command, _, state = name.partition(", ")
        lines.append(f"| `{command}`{state and f', {state}'} | {' | '.join(cells)} |")
    return "\n".join(lines)


def overhead(found: dict[str, Any]) -> str:
    """The section on the overhead of Kedro and tracking."""
    lines = ["", "## Overhead of Kedro and tracking", ""]
    lines += [
        f"One `kedro run --pipeline={found['recipe']}` with a budget of {found['images']:,} images, divided by",
        "`benchmarks/overhead.py`. The library's work is that of the nodes that call genlab alone, without their calls to MLflow; all else",
        "is overhead, also the import of torch. A run of ten minutes has the fixed part once, and calls to MLflow in proportion to its",
        "training.",
        "",
        "| seconds | whole run | library | overhead | of it MLflow | fixed part | share of a run of 10 minutes |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for kind in ("processor", "wall"):
        each = found[kind]
        cells = [f"{each[name]:.1f}" for name in ("whole", "library", "overhead", "mlflow", "fixed")]
        lines.append(f"| {kind} | {' | '.join(cells)} | {each['share of ten minutes']:.1%} |")
    return "\n".join([*lines, ""])


def frechet(found: dict[str, Any]) -> str:
    """The section on ways to compute the Frechet distance."""
    lines = [
        "",
        "## Frechet distance",
        "",
        "Processor seconds with 1,280 features and 3,840 images, and the relative error against the first row",
    ]
    lines += ["(`benchmarks/evaluation.py --frechet`).", "", "| way | " + " | ".join(f"{kind} | error" for kind in found) + " |"]
    lines.append("|---" + "|---:|---:" * len(found) + "|")
    for way in next(iter(found.values())):
        cells = [f"{each[way]['seconds']:.2f} | {each[way]['error']:.0e}" for each in found.values()]
        lines.append(f"| {way} | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def main(before: Path | None, repeats: int) -> None:
    """Measure all commands and write the results."""
    folders = ({"before": before.resolve()} if before else {}) | {"after": ROOT}
    results = {"commands": commands(folders, repeats), "dvc": dvc(repeats)}
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / "startup.json").write_text(json_text(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--before", type=Path, help="a checkout of another commit")
    arguments.add_argument("--repeats", type=int, default=5)
    arguments.add_argument("--page", action="store_true", help="only write the page")
    given = arguments.parse_args()
    if not given.page:
        main(given.before, given.repeats)
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")

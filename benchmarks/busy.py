"""Measure what waiting threads cost: images per second of trainings, alone and next to processes that keep cores busy.

    python benchmarks/busy.py [recipe ...]

Threads of torch wait in a loop for a while before they sleep (libgomp). Each setting of that wait is measured in a process of its own,
since it is read when torch is loaded. Settings alternate within a round; the ratios to the first one, `default`, are medians over the
rounds. They are printed, written to data/08_reporting/benchmarks/busy.json, and as a table to docs/performance/busy.md.
"""

import contextlib
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.processes import last_line  # noqa: E402

RECIPES = ("gan", "cyclegan", "stylegan2")
LOADS = {0: 3, 1: 1, 2: 1}  # processes next to the training -> rounds
DEFAULT = "default"
SETTINGS = {
    DEFAULT: {"GOMP_SPINCOUNT": "300000"},  # libgomp's own value
    "GOMP_SPINCOUNT=30000": {"GOMP_SPINCOUNT": "30000"},
    "GOMP_SPINCOUNT=10000": {"GOMP_SPINCOUNT": "10000"},
    "OMP_WAIT_POLICY=PASSIVE": {"OMP_WAIT_POLICY": "PASSIVE"},
    "one thread": {"OMP_NUM_THREADS": "1"},
}
WARM_UP, SECONDS = 2, 3.0
NAMES = ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
OUT, PAGE = ROOT / "data/08_reporting/benchmarks/busy.json", ROOT / "docs/performance/busy.md"


def measure(name: str) -> float:
    """Images per second of a recipe in this process."""
    import torch

    from benchmarks import adversarial
    from genlab.build import build
    from genlab.engine.seeding import seed_everything
    from genlab.images.prepared_set import PreparedSet

    entry = adversarial.entry_of(name)
    images, batch_size = PreparedSet.load(ROOT / "data/05_model_input" / entry["images"]), entry["budget"]["batch_size"]
    memory_format = torch.channels_last if entry["compute"].get("channels_last") is True else torch.contiguous_format
    seed_everything(0)
    recipe = build(entry["model"]).to(memory_format=memory_format)
    turns = adversarial.by_engine(recipe, images, batch_size, memory_format)
    adversarial.seconds(turns, WARM_UP)
    begun, count = time.perf_counter(), 0
    while time.perf_counter() - begun < SECONDS:
        adversarial.seconds(turns, 1)
        count += 1
    return float(count * batch_size / (time.perf_counter() - begun))


@contextlib.contextmanager
def busy(count: int) -> Iterator[None]:
    """Context manager in which processes keep this many cores busy."""
    others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for other in others:
            other.kill()
            other.wait()


def speed(name: str, setting: str) -> float:
    """Images per second of a recipe in a process with a setting.

    Raises:
        SystemExit: there is no such recipe, or its images are not prepared; with the last line of the process's message.
    """
    environment = {key: value for key, value in os.environ.items() if key not in NAMES} | SETTINGS[setting]
    command = [sys.executable, str(Path(__file__)), "--measure", name]
    return float(last_line(command, environment))


def table(results: dict[str, dict[str, dict[str, list[float]]]]) -> str:
    """Markdown table: a row per recipe and load, a column per setting with the speed relative to the default."""
    lines = ["| recipe | busy processes | images/s, default | " + " | ".join(SETTINGS) + " |", "|---|---:|---:|" + "---:|" * len(SETTINGS)]
    for name, loads in results.items():
        for load, speeds in loads.items():
            pairs = [zip(speeds[setting], speeds[DEFAULT], strict=True) for setting in SETTINGS]
            ratios = " | ".join(f"{statistics.median(one / default for one, default in each):.2f}" for each in pairs)
            lines.append(f"| {name} | {load} | {statistics.median(speeds[DEFAULT]):.0f} | {ratios} |")
    return "\n".join(lines)


def main(names: list[str]) -> None:
    """Measure the recipes under all loads and settings."""
    from genlab.engine.json_text import json_text

    results: dict[str, dict[str, dict[str, list[float]]]] = json.loads(OUT.read_text()) if OUT.exists() else {}
    for name in names or RECIPES:
        results[name] = {str(load): {setting: [] for setting in SETTINGS} for load in LOADS}
        for load, rounds in LOADS.items():
            with busy(load):
                for _ in range(rounds):
                    for setting, found in results[name][str(load)].items():
                        found.append(speed(name, setting))
        OUT.parent.mkdir(parents=True, exist_ok=True)
        OUT.write_text(json_text(results, indent=2) + "\n")
        print(table(results), flush=True)
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(f"<!-- made by benchmarks/busy.py -->\n{os.cpu_count()} cores, no GPU.\n\n{table(results)}\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        print(measure(sys.argv[2]))
    else:
        main(sys.argv[1:])

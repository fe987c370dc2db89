"""Measure where the time of a training's turns goes, for every recipe, and write docs/performance/turns.md.

    python benchmarks/turns.py [--before FOLDER] [--seconds S] [recipe ...]
    python benchmarks/turns.py --page     write the page again from the results that exist

Trains each recipe of conf/base for some seconds by genlab.fit, in a process of its own, and adds up what torch's profiler finds over whole
cycles of lazy regularisation, by kinds of operations. What is left of the time is the loop itself: Python, the making of batches, the
dispatch of operations, and the profiler. With `--before`, a checkout of another commit is measured as well, alternated, for the slowest
recipes. Results: data/08_reporting/benchmarks/turns.json; those of recipes that are not named are kept.
"""

import argparse
import contextlib
import json
import os
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
OUT, PAGE = ROOT / "data/08_reporting/benchmarks/turns.json", ROOT / "docs/performance/turns.md"
SLOWEST, ROUNDS, SECONDS, IMAGES = 5, 3, 6.0, 320
WARM_UP, CYCLE = 3, 16  # turns; all lazy regularisation of conf/base repeats after CYCLE
NEVER = 10**9  # images
KINDS = {  # of operations, by the first pattern that their names match
    "convolutions": r"conv",
    "products": r"(^|::)(addmm|mm|bmm|baddbmm|addbmm|matmul|dot|mv|addmv|linear|linalg|cholesky|triangular)",
    "norms": r"norm|var_mean|std",
    "optimizers": r"_foreach|_fused|lerp|addc(div|mul)_",
    "copies": r"copy|clone|cat|contiguous|fill|zero|index|gather|pad|stack|roll|flip|sort|arange|where",
    "random numbers": r"rand|normal_|uniform_|bernoulli|multinomial",
    "element by element": r"",
}


def child(root: Path, name: str, folder: Path, seconds: float, profiled: bool) -> dict[str, Any]:
    """Train a recipe of the checkout `root` -> ms per image, or with the profiler the share of each kind of operations."""
    from torch.profiler import ProfilerActivity, profile

    from benchmarks import adversarial
    from genlab.images.prepared_set import PreparedSet
    from genlab.training.fit import fit
    from genlab.training.settings import Budget, Monitoring

    entry = adversarial.entry_of(name)
    entry["compute"] |= {"device": "cpu"}
    profiler, marks = profile(activities=[ProfilerActivity.CPU]), []  # marks: seconds and images after each turn

    class Enough(Exception):  # noqa: N818
        pass

    def after_turn(event: Any) -> None:
        if type(event).__name__ != "Logged":
            return
        marks.append((time.perf_counter(), event.images))
        turns = len(marks) - WARM_UP
        if turns == 0 and profiled:
            profiler.start()
        whole = (turns > 0 and turns % CYCLE == 0) or (turns >= 2 and entry["family"] == "latent_variables")
        if whole and marks[-1][0] - marks[WARM_UP - 1][0] >= seconds:
            raise Enough

    budget = Budget(**(entry["budget"] | {"images": NEVER}))
    monitoring = Monitoring(log_every=1, pictures_every=NEVER, checkpoint_every=NEVER, score_every=0)
    images = PreparedSet.load(folder / entry["images"])
    with contextlib.suppress(Enough):
        fit(entry["model"], images, budget, 0, entry["augmentation"], entry["compute"], monitoring, callbacks=[after_turn])
    wall, seen = (last - first for first, last in zip(marks[WARM_UP - 1], marks[-1], strict=True))
    found: dict[str, Any] = {"ms per image": 1000 * wall / seen, "images per turn": seen / (len(marks) - WARM_UP)}
    if profiled:
        profiler.stop()
        spent = dict.fromkeys(KINDS, 0.0)
        for each in profiler.key_averages():
            if each.key.startswith(("aten::", "mkldnn", "torch_")):
                kind = next(kind for kind, pattern in KINDS.items() if re.search(pattern, each.key))
                spent[kind] += each.self_cpu_time_total / 1e6
        found["shares"] = {kind: value / wall for kind, value in spent.items()}
        found["shares"]["the loop"] = 1 - sum(found["shares"].values())
    return found


def measured(root: Path, name: str, folder: Path, seconds: float, profiled: bool = False) -> dict[str, Any]:
    """Measure in a process of its own.

    Raises:
        SystemExit: it failed; with the last line of its message.
    """
    from benchmarks.processes import last_line  # not at the top: a process of another checkout lacks it

    command = [sys.executable, str(Path(__file__)), "--child", str(root), name, str(folder), "--seconds", str(seconds)]
    variables = {**os.environ, "PYTHONPATH": str(root), "OMP_NUM_THREADS": "2", "PROFILED": "1" if profiled else ""}
    found: dict[str, Any] = json.loads(last_line(command, variables, root))
    return found


def main(recipes: list[str], before: Path | None, seconds: float) -> None:
    """Measure all recipes, then the slowest ones next to the other checkout, and write the results."""
    sys.path.insert(0, str(ROOT))
    from benchmarks.device.cases import case, image_set, names
    from genlab.engine.json_text import json_text

    found = json.loads(OUT.read_text(encoding="utf-8")) if OUT.is_file() else {}
    OUT.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for name in recipes or names():
            if not (folder / case(name).images).is_dir():
                image_set(case(name).images, IMAGES).save(folder / case(name).images)
            found[name] = measured(ROOT, name, folder, seconds, profiled=True) | measured(ROOT, name, folder, seconds)
            print(name, f"{found[name]['ms per image']:.2f} ms per image", flush=True)
            OUT.write_text(json_text(found, indent=2) + "\n", encoding="utf-8")
        if before is not None:
            for name in sorted(recipes or found, key=lambda each: -found[each]["ms per image"])[:SLOWEST]:
                rounds = [[measured(root, name, folder, seconds) for root in (before.resolve(), ROOT)] for _ in range(ROUNDS)]
                times = [statistics.median(each[index]["ms per image"] for each in rounds) for index in (0, 1)]
                found[name]["before"] = {
                    "ms per image": times,
                    "ratio": statistics.median(old["ms per image"] / new["ms per image"] for old, new in rounds),
                    "shares": measured(before.resolve(), name, folder, seconds, profiled=True)["shares"],
                }
                print(name, "before and after:", *(f"{value:.2f}" for value in times), flush=True)
                OUT.write_text(json_text(found, indent=2) + "\n", encoding="utf-8")


def page(found: Mapping[str, Any]) -> str:
    """The tables as Markdown."""
    kinds = [*KINDS, "the loop"]
    lines = ["<!-- Written by benchmarks/turns.py. -->", "", "# Where the time of a turn goes", ""]
    lines += [
        "Milliseconds per image of training with two threads, and the share of each kind of operations in its time, by torch's profiler"
    ]
    lines += [
        "(`benchmarks/turns.py`). Norms are also layers that normalise. `the loop` is the time outside of torch's operations: Python, the"
    ]
    lines += ["making of batches, dispatch, and the profiler itself.", ""]
    lines += ["| recipe | ms per image | " + " | ".join(kinds) + " |", "|---|---:" + "|---:" * len(kinds) + "|"]
    for name in sorted(found, key=lambda each: -found[each]["ms per image"]):
        cells = [f"{found[name]['shares'][kind]:.0%}" for kind in kinds]
        lines.append(f"| `{name}` | {found[name]['ms per image']:.2f} | {' | '.join(cells)} |")
    compared = {name: each["before"] for name, each in found.items() if "before" in each}
    if compared:
        lines += [
            "",
            "The slowest turns before and after layouts, convolutions and the loop were made faster, alternated in separate processes:",
            "",
        ]
        lines += [
            "| recipe | | ms per image | times as fast | " + " | ".join(kinds) + " |",
            "|---|---|---:|---:" + "|---:" * len(kinds) + "|",
        ]
        for name in sorted(compared, key=lambda each: -compared[each]["ms per image"][0]):
            each = compared[name]
            for state, time_, ratio, shares in (
                ("before", each["ms per image"][0], "", each["shares"]),
                ("after", each["ms per image"][1], f"{each['ratio']:.2f}", found[name]["shares"]),
            ):
                lines.append(f"| `{name}` | {state} | {time_:.2f} | {ratio} | {' | '.join(f'{shares[kind]:.0%}' for kind in kinds)} |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("recipes", nargs="*")
    arguments.add_argument("--before", type=Path, help="a checkout of another commit")
    arguments.add_argument("--seconds", type=float, default=SECONDS, help="of each measurement")
    arguments.add_argument("--page", action="store_true", help="only write the page")
    arguments.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.child:
        root, name, folder = given.child
        sys.path.insert(0, root)
        from genlab.engine.json_text import json_text

        print(json_text(child(Path(root), name, Path(folder), given.seconds, bool(os.environ.get("PROFILED")))))
    else:
        if not given.page:
            main(given.recipes, given.before, given.seconds)
        PAGE.write_text(page(json.loads(OUT.read_text(encoding="utf-8"))), encoding="utf-8")

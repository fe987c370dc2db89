"""Measure the preparation of image sets of several sizes, and write docs/performance/preparation.md.

    python benchmarks/preparation.py [--counts 1000 10000 100000] [--side 64] [--workers N]
    python benchmarks/preparation.py --page     write the page again from the results that exist

The images are PNG files of smooth random colours, made in a temporary folder. For each number of images, new processes measure the limit
(reading, hashing and decoding alone, in parts of 64, on threads and in processes, before and after the rest; the better one counts) and the
preparation: the nodes `read`, `validate`, `gate` and `prepare` and the saving of the set, then the same once more, unchanged. Memory is the
largest resident size, sampled 20 times a second, less that of the process after its imports. The results are written to
data/08_reporting/benchmarks/preparation.json.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from genlab.engine.json_text import json_text  # noqa: E402

RESULTS = ROOT / "data/08_reporting/benchmarks/preparation.json"
PAGE = ROOT / "docs/performance/preparation.md"
COUNTS = (1_000, 10_000, 100_000)
MIB = 1 << 20


def generate(count: int, side: int, folder: Path) -> None:
    """Write PNG files of smooth random colours, a thousand per folder."""
    import numpy as np
    from PIL import Image
    from tqdm import trange

    random = np.random.default_rng(0)
    for number in trange(count, desc="making images", unit="image", disable=None):
        place = folder / f"{number // 1000:03d}"
        place.mkdir(parents=True, exist_ok=True)
        coarse = Image.fromarray(random.integers(0, 256, (8, 8, 3), dtype=np.uint8))
        coarse.resize((side, side), Image.Resampling.BICUBIC).save(place / f"{number:06d}.png", compress_level=1)


def decode_alone(part: Sequence[str]) -> None:
    """Read, hash and decode files: the limit."""
    import hashlib
    import io

    from PIL import Image

    for file in part:
        content = Path(file).read_bytes()
        hashlib.sha256(content).hexdigest()
        Image.open(io.BytesIO(content)).load()


def limit(folder: Path, workers: int, in_processes: bool) -> dict[str, float]:
    """Images per second of reading, hashing and decoding alone."""
    from genlab.images.parts import in_parts

    files = sorted(str(file) for file in folder.rglob("*.png"))
    start = time.perf_counter()
    for _ in in_parts(decode_alone, files, workers, "limit", in_processes):
        pass
    return {"rate": len(files) / (time.perf_counter() - start)}


def preparation(folder: Path, side: int, workers: int, made: Path) -> dict[str, Any]:
    """Seconds of each step of a preparation, and its largest memory in MiB over that after the imports."""
    import pandas
    import yaml

    import pipelines.data_preparation.suite
    import pipelines.data_preparation.validation  # noqa: F401
    from pipelines.data_preparation import nodes
    from pipelines.data_preparation.declaration import ImageSet

    source = {"class": "genlab.images.sources.Folder", "root": str(folder)}
    declared = ImageSet(name="generated", kind="unlabelled", source=source, size=side, workers=workers)
    expectations = yaml.safe_load((ROOT / "conf/base/expectations/unlabelled.yml").read_text(encoding="utf-8"))
    store, table, seconds = made / "store", made / "manifest.parquet", {}
    clock = time.perf_counter()

    def lap(name: str) -> None:
        nonlocal clock
        seconds[name], clock = time.perf_counter() - clock, time.perf_counter()

    with Memory() as memory:
        manifest = nodes.read(declared, ROOT, store)
        lap("read")
        manifest.to_parquet(table)  # as Kedro's catalog does between nodes
        manifest = pandas.read_parquet(table)
        validation, _ = nodes.validate(manifest, declared, expectations, ROOT, store)
        lap("validate")
        validated, _ = nodes.gate(manifest, validation, declared)
        nodes.prepare(validated, declared, ROOT, store).save(made / "set", share=True)
        lap("prepare")
    return {"seconds": seconds, "own": memory.own, "all": memory.all}


class Memory:
    """Context manager that samples the resident memory of this process, and of it with its child processes, in MiB over its start."""

    own = all = 0.0

    def __enter__(self) -> "Memory":
        import psutil

        self.process, self.ended = psutil.Process(), threading.Event()
        self.base = self.process.memory_info().rss
        self.thread = threading.Thread(target=self.sample)
        self.thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.ended.set()
        self.thread.join()

    def sample(self) -> None:
        """Sample until the context ends."""
        import psutil

        while not self.ended.wait(0.05):
            own, others = self.process.memory_info().rss, 0
            for child in self.process.children(recursive=True):
                try:
                    others += child.memory_info().rss
                except psutil.Error:  # it has ended
                    continue
            self.own, self.all = max(self.own, (own - self.base) / MIB), max(self.all, (own + others - self.base) / MIB)


def measured(task: str, *arguments: object) -> dict[str, Any]:
    """Run a task of this file in a new process."""
    call = [sys.executable, __file__, "--task", task, *map(str, arguments)]
    output = subprocess.run(call, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    found: dict[str, Any] = json.loads(output.splitlines()[-1])
    return found


def measure(count: int, side: int, workers: int) -> dict[str, Any]:
    """Measure sets of one size."""
    with tempfile.TemporaryDirectory() as name:
        folder, made = Path(name, "images"), Path(name, "made")
        generate(count, side, folder)
        made.mkdir()
        before = {kind: measured("limit", folder, workers, kind)["rate"] for kind in ("threads", "processes")}
        first = measured("preparation", folder, side, workers, made)
        second = measured("preparation", folder, side, workers, made)
        after = {kind: measured("limit", folder, workers, kind)["rate"] for kind in ("threads", "processes")}
    return {"count": count, "limit": {kind: max(before[kind], after[kind]) for kind in before}, "first": first, "second": second}


def page() -> str:
    """The page of the results."""
    found = json.loads(RESULTS.read_text(encoding="utf-8"))
    heads = ["images", "images/s", "reading alone", "limit: threads", "processes", "share of the limit"]
    heads += ["memory", "with workers", "second time", "its memory"]
    rows = [f"| {' | '.join(heads)} |", "|" + "---:|" * len(heads)]
    for each in found["rows"]:
        first, second = (each[name]["seconds"] for name in ("first", "second"))
        whole, reading = each["count"] / sum(first.values()), each["count"] / first["read"]
        best = max(each["limit"].values())
        rows.append(
            f"| {each['count']:,} | {whole:,.0f} | {reading:,.0f} | {each['limit']['threads']:,.0f} | {each['limit']['processes']:,.0f} "
            f"| {reading / best:.0%} | {each['first']['own']:,.0f} MiB | {each['first']['all']:,.0f} MiB "
            f"| {sum(second.values()):.1f} s | {each['second']['own']:,.0f} MiB |"
        )
    table = "\n".join(rows)
    return f"""<!-- Written by benchmarks/preparation.py. -->
Image sets of {found["side"]} px PNG files, prepared at the same size, on {found["cores"]} cores with a load of {found["load"]:.1f} by other
processes when the measurement began. *images/s* counts everything: reading, checking, the expectations with the report, and the saved set;
*reading alone* is the first step of it, which reads, hashes, decodes, describes and prepares each image. The *limit* reads, hashes and
decodes only, and the share is that of reading alone. Memory is the peak over that of the process after its imports; *with workers* adds
the processes that decode, from {found["many"]:,} images on. *Second time* is the preparation of the same set, unchanged.

{table}
"""


def main(counts: Sequence[int], side: int, workers: int) -> None:
    """Measure all sizes, and write the results and the page."""
    from genlab.images.parts import MANY

    load = os.getloadavg()[0]
    rows = []
    for count in counts:
        rows.append(measure(count, side, workers))
        print(json_text(rows[-1]), flush=True)
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    found = {"side": side, "cores": os.cpu_count(), "load": load, "many": MANY, "rows": rows}
    RESULTS.write_text(json_text(found, indent=1) + "\n", encoding="utf-8")


def task(name: str, *arguments: str) -> dict[str, Any]:
    """Run a task in this process."""
    if name == "limit":
        folder, workers, kind = arguments
        return limit(Path(folder), int(workers), kind == "processes")
    folder, side, workers, made = arguments
    return preparation(Path(folder), int(side), int(workers), Path(made))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--counts", type=int, nargs="+", default=COUNTS, help="numbers of images")
    parser.add_argument("--side", type=int, default=64, help="of the images, px")
    parser.add_argument("--workers", type=int, default=0, help="threads and processes; 0: one per core")
    parser.add_argument("--page", action="store_true", help="only write the page again, from the results that exist")
    parser.add_argument("--task", nargs="+", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.task:
        print(json_text(task(*given.task)))
        raise SystemExit
    if not given.page:
        main(given.counts, given.side, given.workers)
    PAGE.write_text(page(), encoding="utf-8")
    print(f"Wrote {PAGE.relative_to(ROOT)}.")

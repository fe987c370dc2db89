"""Measure how the time and memory of a training grow with images, their side, the batch, mixture components and ranks.

    python benchmarks/growth.py [--seconds S] [--page] [quantity ...]

Each value is measured in a process of its own, on images of random values that are read from a prepared set on disk, with two threads
(ranks have one each). Speed is the median of three processes; the values alternate, so that a busy minute does not fall on one of them.
Memory is the most that one process held, also of the mapped images. Results:
data/08_reporting/benchmarks/growth.json; those of quantities that are not named are kept. `--page` writes docs/performance/growth.md.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.processes import last_line  # noqa: E402
from genlab.engine.json_text import json_text  # noqa: E402

OUT, PAGE = ROOT / "data/08_reporting/benchmarks/growth.json", ROOT / "docs/performance/growth.md"
ROUNDS, SECONDS = 3, 5.0
COUNT, SIDE = 2_000, 32  # images, and their side in pixels, where they do not grow


class Quantity(NamedTuple):
    """What grows."""

    recipe: str
    text: str
    values: tuple[int, ...]


QUANTITIES: Mapping[str, Quantity] = {
    "images": Quantity("gan", "images of the set", (1_000, 10_000, 100_000)),
    "mixture_images": Quantity("gmm", "images of the set", (1_000, 10_000, 100_000)),
    "side": Quantity("gan", "side of the images in pixels", (32, 64, 128, 256)),
    "batch": Quantity("gan", "images per batch", (8, 16, 32, 64, 128)),
    "components": Quantity("gmm", "components", (5, 20, 80, 320)),
    "ranks": Quantity("gan", "ranks on two cores", (1, 2, 4)),
}


def measure(quantity: str, value: int, folder: str, seconds: float) -> dict[str, float]:
    """Images per second and memory in MiB of a training in this process."""
    import resource

    from benchmarks.device.cases import case
    from benchmarks.device.runs import speed
    from benchmarks.peers import random_images
    from genlab.engine.compute import Compute
    from genlab.images.prepared_set import PreparedSet

    grown, each = {quantity.removeprefix("mixture_"): value}, case(QUANTITIES[quantity].recipe)
    side = grown.get("side", SIDE)
    if not (place := Path(folder) / f"{grown.get('images', COUNT)}_{side}").is_dir():
        random_images("labelled", side, 1, grown.get("images", COUNT)).save(place)
        return {}
    images = PreparedSet.load(place)
    each = each.with_arguments(size=side, channels=1, tolerance=0.0, **{"components": value} if "components" in grown else {})
    compute = Compute("cpu", channels_last=False, compile=False, workers=0, devices=grown.get("ranks", 1))
    found = speed(each, images, compute, seconds, grown.get("batch"))
    most = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return {"images per second": found.images_per_second, "MiB": most / 1024}


def measured(quantity: str, value: int, folder: str, seconds: float) -> dict[str, float]:
    """Measure in a process of its own.

    Raises:
        SystemExit: it failed; with the last line of its message.
    """
    command = [sys.executable, str(Path(__file__)), "--measure", quantity, str(value), folder, "--seconds", str(seconds)]
    threads = {"OMP_NUM_THREADS": "1" if quantity == "ranks" else "2"}
    found: dict[str, float] = json.loads(last_line(command, {**os.environ, **threads}))
    return found


def table(quantity: str, seconds: float) -> list[dict[str, float]]:
    """One row per value of a quantity."""
    values, rounds = QUANTITIES[quantity].values, []
    with tempfile.TemporaryDirectory() as folder:
        for value in values:
            measured(quantity, value, folder, seconds)  # prepares the images
        for number in range(ROUNDS):
            rounds.append([measured(quantity, value, folder, seconds) for value in values])
            print(f"{quantity}: round {number + 1} of {ROUNDS}", *(f"{each['images per second']:.0f}" for each in rounds[-1]), flush=True)
    names = ("images per second", "MiB")
    return [
        {"value": value, **{name: statistics.median(each[place][name] for each in rounds) for name in names}}
        for place, value in enumerate(values)
    ]


def page(found: Mapping[str, Any]) -> str:
    """The tables as Markdown."""
    lines = ["<!-- Written by benchmarks/growth.py. -->", "", "# Growth", ""]
    lines += [
        "Speed and memory of one process (`benchmarks/growth.py`), on images of random values, 32 px where the side does not grow, on two"
    ]
    lines += [
        "cores. Memory includes about 400 MiB of libraries. The images of a set are mapped from disk: pages that were read count as memory,"
    ]
    lines += ["which the system takes back when it needs it.", ""]
    for name, quantity in QUANTITIES.items():
        if name in found:
            lines += [f"| `{quantity.recipe}`: {quantity.text} | images per second | ms per image | MiB |", "|---:|---:|---:|---:|"]
            for row in found[name]:
                speed = row["images per second"]
                lines.append(f"| {row['value']:,} | {speed:,.3g} | {1000 / speed:.3g} | {row['MiB']:,.0f} |")
            lines.append("")
    return "\n".join(lines)


def main(quantities: list[str], seconds: float) -> None:
    """Measure, and write the results."""
    found = json.loads(OUT.read_text(encoding="utf-8")) if OUT.is_file() else {}
    OUT.parent.mkdir(parents=True, exist_ok=True)
    for quantity in quantities or QUANTITIES:
        found[quantity] = table(quantity, seconds)
        OUT.write_text(json_text(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("quantities", nargs="*", metavar="quantity", help=", ".join(QUANTITIES))
    arguments.add_argument("--seconds", type=float, default=SECONDS, help="of each measurement")
    arguments.add_argument("--page", action="store_true", help="write docs/performance/growth.md as well")
    arguments.add_argument("--measure", nargs=3, help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if unknown := set(given.quantities) - set(QUANTITIES):
        arguments.error(f"got {', '.join(sorted(unknown))}, expected some of {', '.join(QUANTITIES)}")
    if given.measure:
        print(json_text(measure(given.measure[0], int(given.measure[1]), given.measure[2], given.seconds)))
    else:
        main(given.quantities, given.seconds)
        if given.page:
            PAGE.write_text(page(json.loads(OUT.read_text(encoding="utf-8"))), encoding="utf-8")

"""The page that compares the adversarial family on one image set.

It reads what evaluation and benchmarks/ have left in data/08_reporting, computes nothing anew, and copies the grids beside the page.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from genlab.errors import InputError
from pipelines.configuration import family, project
from pipelines.release.card import number
from pipelines.results.left import metrics_of, read, thousandths

PAGE = Path("docs/results/adversarial.md")
BENCHMARK = Path("data/08_reporting/benchmarks/adversarial.json")
COLUMNS = ("KID x 1000", "times better than untrained", "FID", "precision", "recall", "nearest training", "images/s", "to a loop by hand")


def write() -> Path:
    """Make the page, and its grids in the folder beside it.

    Raises:
        InputError: a result is not there, or the recipes were scored under different protocols.
    """
    entries = family("adversarial")
    metrics = {name: metrics_of(name) for name in entries}
    speeds = read(BENCHMARK, "python benchmarks/adversarial.py")
    page = project() / PAGE
    grids = page.with_suffix("")
    grids.mkdir(parents=True, exist_ok=True)
    for name in entries:
        shutil.copyfile(project() / f"data/08_reporting/{name}/samples.png", grids / f"{name}.png")
    page.write_text("\n".join(describe(entries, metrics, speeds, grids.name)), encoding="utf-8")
    return page


def describe(entries: Mapping[str, Any], metrics: Mapping[str, Any], speeds: Mapping[str, Any], grids: str) -> list[str]:
    """The page's lines: protocol, table, grids, the best first.

    Raises:
        InputError: the recipes were scored under different protocols, and don't compare.
    """
    protocols = {name: scored["protocol"] for name, scored in metrics.items()}
    protocol = next(iter(protocols.values()))
    if odd := [name for name, other in protocols.items() if other != protocol]:
        raise InputError(f"{', '.join(odd)}: scored under another protocol than {next(iter(protocols))}. Score them again: `dvc repro`.")
    order = sorted(entries, key=lambda name: metrics[name]["headline"]["value"])
    first = entries[order[0]]
    budgets = {name: entry["budget"]["images"] for name, entry in entries.items()}
    counts, training, sides = protocol["images"], protocol["training_images"], " x ".join(map(str, protocol["size"]))
    budget = f"{min(budgets.values()):,} images" if len(set(budgets.values())) == 1 else "budgets as in the table"
    extra = [] if len(set(budgets.values())) == 1 else ["budget"]
    return [
        "# The adversarial family, side by side",
        "",
        "Made by `make results` from what `dvc repro` and `python benchmarks/adversarial.py` have left; see below how.",
        "",
        f"Every recipe on the prepared set `{first['images']}`, {training:,} training images of {sides} px, {budget} "
        f"(each turn's batch counts once, however many steps the critic takes), then {counts['generated']:,} samples against "
        f"{counts['held_out']:,} held-out images, in the features of {protocol['extractor']}.",
        "",
        "| recipe | " + " | ".join([*extra, *COLUMNS]) + " |",
        "|---|" + "---:|" * len([*extra, *COLUMNS]),
        *(row(name, metrics[name]["samples"], speeds[name], [f"{budgets[name]:,}"] if extra else []) for name in order),
        ideal(metrics[order[0]]["samples"], len(extra)),
        "",
        f"- KID ± its {protocol['kid_spread']}. FID with N = {counts['generated']:,}, fewer than the "
        "1,280 features: biased upwards, and good for comparison in this table alone.",
        f"- precision and recall: {protocol['precision_recall']} (arXiv:1904.06991). nearest training: {protocol['nearest_training']}; "
        f"held-out images are at {number(metrics[order[0]]['samples']['held-out images']['nearest_training'])}, copies would be at 0.",
        "- images/s: of training, two CPU cores, `benchmarks/adversarial.py`, beside a plain PyTorch loop on the same networks, in the "
        "same memory format, by turns in one process; the last column is the ratio.",
        "",
        *(line for name in order for line in (f"## {name}", "", f"![samples of {name}]({grids}/{name}.png)", "")),
    ]


def row(name: str, samples: Mapping[str, Mapping[str, float]], speed: Mapping[str, float], extra: list[str]) -> str:
    made, untrained = samples["generated"], samples["untrained"]
    better = f"{untrained['kid_efflite0'] / made['kid_efflite0']:.1f}"
    shares = [f"{made['fid_efflite0']:.0f}", f"{made['precision']:.2f}", f"{made['recall']:.2f}", f"{made['nearest_training']:.1f}"]
    pace = [f"{speed['images_per_second']:.0f}", f"{speed['ratio']:.2f}"]
    return f"| `{name}` | " + " | ".join([*extra, thousandths(made), better, *shares, *pace]) + " |"


def ideal(samples: Mapping[str, Mapping[str, float]], extra: int) -> str:
    """Training images in the place of samples: what a perfect model would get."""
    real = samples["training images"]
    cells = [
        str(round(1000 * real["kid_efflite0"])),
        "",
        f"{real['fid_efflite0']:.0f}",
        f"{real['precision']:.2f}",
        f"{real['recall']:.2f}",
    ]
    return "| training images | " + " | ".join([*[""] * extra, *cells, "", "", ""]) + " |"

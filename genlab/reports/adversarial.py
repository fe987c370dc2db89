"""The page that compares the adversarial family on one image set, and the parts that other pages share with it.

It reads the results of evaluation and benchmarks/ in data/08_reporting, computes nothing, and copies the grids next to the page.
"""

import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from genlab.errors import InputError
from genlab.reports.artifacts import Project, Written, complete, metrics_of, reports, speeds_of, thousandths
from genlab.reports.markdown import number

PAGE = Path("docs/results/adversarial.md")
BENCHMARK = Path("data/08_reporting/benchmarks/adversarial.json")
CLASSIFIER = "classifier"  # in a protocol
DOMAIN = "in-domain KID x 1000"  # of a labelled set
COLUMNS = (
    "KID x 1000",
    "times better than untrained",
    DOMAIN,
    "FID",
    "precision",
    "recall",
    "nearest training",
    "images/s",
    "to a loop by hand",
)


class FamilyResults(NamedTuple):
    """The results of a family, by recipe, without the recipes whose results are missing."""

    entries: dict[str, Any]  # parameters
    metrics: dict[str, Any]
    speeds: dict[str, Any]  # of those that were benchmarked
    notes: list[str]  # what is missing, and how to make it


def write(project: Project) -> Written:
    """Make the page, and its grids in the folder next to it.

    Raises:
        MissingResultsError: no recipe has all its results.
        InputError: the recipes were scored under different protocols.
    """
    entries, metrics, speeds, notes = family_results(project, "adversarial", PAGE, ("samples",))
    page = project.folder / PAGE
    copy_pictures(project, entries, page.with_suffix(""), ("samples",))
    page.write_text("\n".join(describe(entries, metrics, speeds, page.stem)), encoding="utf-8")
    return Written(page, notes)


def family_results(project: Project, name: str, page: Path, pictures: Sequence[str], benchmark: Path = BENCHMARK) -> FamilyResults:
    """A family's parameters, scores, and speeds; a recipe without scores or pictures is left out.

    Raises:
        MissingResultsError: no recipe has them.
    """
    entries, notes = complete(
        project, page, project.family(name), lambda recipe: reports(recipe, *(f"{picture}.png" for picture in pictures))
    )
    speeds, unmeasured = speeds_of(project, entries, benchmark)
    return FamilyResults(entries, {recipe: metrics_of(project, recipe) for recipe in entries}, speeds, notes + unmeasured)


def copy_pictures(project: Project, recipes: Iterable[str], folder: Path, pictures: Sequence[str]) -> None:
    """Copy pictures of evaluation into a page's folder, as <recipe>.png, or <recipe>_<picture>.png."""
    folder.mkdir(parents=True, exist_ok=True)
    for recipe in recipes:
        for picture in pictures:
            name = recipe if picture == "samples" else f"{recipe}_{Path(picture).name}"
            shutil.copyfile(project.folder / f"data/08_reporting/{recipe}/{picture}.png", folder / f"{name}.png")


def describe(entries: Mapping[str, Any], metrics: Mapping[str, Any], speeds: Mapping[str, Any], grids: str) -> list[str]:
    """The page's lines: protocol, table, grids, the best first.

    Raises:
        InputError: the recipes were scored under different protocols, and don't compare.
    """
    lines, order = comparison("The adversarial family", entries, metrics, speeds)
    return [*lines, *(line for name in order for line in (f"## {name}", "", f"![samples of {name}]({grids}/{name}.png)", ""))]


def comparison(
    title: str,
    entries: Mapping[str, Any],
    metrics: Mapping[str, Any],
    speeds: Mapping[str, Any],  # a recipe that was not benchmarked has none
    benchmark: str = BENCHMARK.stem,  # that has measured the speeds
) -> tuple[list[str], list[str]]:
    """Lines that say how a family's recipes were scored and set their scores side by side; and the recipes, the best first.

    Raises:
        InputError: the recipes were scored under different protocols, and don't compare.
    """
    protocols = {name: shared(metrics[name]["protocol"]) for name in entries}
    protocol = next(iter(protocols.values()))
    if odd := [name for name, other in protocols.items() if other != protocol]:
        raise InputError(f"{', '.join(odd)}: scored under another protocol than {next(iter(protocols))}. Score them again: `dvc repro`.")
    order = sorted(entries, key=lambda name: metrics[name]["headline"]["value"])
    first = entries[order[0]]
    budgets = {name: entry["budget"]["images"] for name, entry in entries.items()}
    counts, training, sides = protocol["images"], protocol["training_images"], " x ".join(map(str, protocol["size"]))
    budget = f"{min(budgets.values()):,} images" if len(set(budgets.values())) == 1 else "budgets as in the table"
    extra = [] if len(set(budgets.values())) == 1 else ["budget"]
    classifier = [f"- in-domain: in the features of {protocol[CLASSIFIER]}."] if CLASSIFIER in protocol else []
    columns = [*extra, *(column for column in COLUMNS if classifier or column != DOMAIN)]
    lines = [
        f"# {title}, side by side",
        "",
        f"Made by `make results` from what `dvc repro` and `python benchmarks/{benchmark}.py` have left; see below how.",
        "",
        f"Every recipe on the prepared set `{first['images']}`, {training:,} training images of {sides} px, {budget} "
        f"(each turn's batch counts once, however many steps the critic takes), then {counts['generated']:,} samples against "
        f"{counts['held_out']:,} held-out images, in the features of {protocol['extractor']}.",
        "",
        "| recipe | " + " | ".join(columns) + " |",
        "|---|" + "---:|" * len(columns),
        *(row(name, metrics[name], speeds.get(name), [f"{budgets[name]:,}"] if extra else []) for name in order),
        ideal(metrics[order[0]], len(extra)),
        "",
        f"- KID ± its {protocol['kid_spread']}. FID with N = {counts['generated']:,}, fewer than the "
        "1,280 features: biased upwards, and good for comparison in this table alone.",
        *classifier,
        f"- precision and recall: {protocol['precision_recall']} (arXiv:1904.06991). nearest training: {protocol['nearest_training']}; "
        f"held-out images are at {number(metrics[order[0]]['samples']['held-out images']['nearest_training'])}, copies would be at 0.",
        f"- images/s: of training, two CPU cores, `benchmarks/{benchmark}.py`, beside a plain PyTorch loop on the same networks, in the "
        "same memory format, by turns in one process; the last column is the ratio.",
        "",
    ]
    return lines, order


def shared(protocol: Mapping[str, Any]) -> dict[str, Any]:
    """What must be the same: not what only styles have, their noise and psi."""
    return {name: value for name, value in protocol.items() if name not in ("samples", "path_length")}


def row(name: str, scored: Mapping[str, Any], speed: Mapping[str, float] | None, extra: list[str]) -> str:
    made, untrained = scored["samples"]["generated"], scored["samples"]["untrained"]
    better = f"{untrained['kid_efflite0'] / made['kid_efflite0']:.1f}"
    domain = [thousandths(scored["in_domain"]["generated"], "in_domain")] if "in_domain" in scored else []
    shares = [f"{made['fid_efflite0']:.0f}", f"{made['precision']:.2f}", f"{made['recall']:.2f}", f"{made['nearest_training']:.1f}"]
    pace = [f"{speed['images_per_second']:.0f}", f"{speed['ratio']:.2f}"] if speed else ["-", "-"]
    return f"| `{name}` | " + " | ".join([*extra, thousandths(made), better, *domain, *shares, *pace]) + " |"


def ideal(scored: Mapping[str, Any], extra: int) -> str:
    """Training images in the place of samples: what a perfect model would get."""
    real = scored["samples"]["training images"]
    domain = [str(round(1000 * scored["in_domain"]["training images"]["kid_in_domain"]))] if "in_domain" in scored else []
    cells = [
        str(round(1000 * real["kid_efflite0"])),
        "",
        *domain,
        f"{real['fid_efflite0']:.0f}",
        f"{real['precision']:.2f}",
        f"{real['recall']:.2f}",
    ]
    return "| training images | " + " | ".join([*[""] * extra, *cells, "", "", ""]) + " |"

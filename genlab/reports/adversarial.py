"""The page that compares the adversarial family on one image set, and the functions that other pages share with it.

The page is made from the results of the evaluation and of benchmarks/ in data/08_reporting. Nothing is computed; the grids are copied
next to the page.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from genlab.evaluation.comparable import check_comparable
from genlab.reports.artifacts import Project, Written, complete, copy_as_webp, metrics_of, rank, reports, speeds_of, thousandths
from genlab.reports.markdown import number

PAGE = Path("docs/results/adversarial.md")
BENCHMARK = Path("data/08_reporting/benchmarks/adversarial.json")
CLASSIFIER = "classifier"  # key in a protocol
DOMAIN = "in-domain KID x 1000"  # column for labelled sets only
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
    """The results of a family by recipe, without the recipes whose results are missing."""

    entries: dict[str, Any]  # recipe -> its parameters
    metrics: dict[str, Any]  # recipe -> content of its metrics.json
    speeds: dict[str, Any]  # recipe -> its speeds, for the recipes that were benchmarked
    notes: list[str]  # missing results, and how to produce them


def write(project: Project) -> Written:
    """Write the page, and copy its grids to the folder next to it.

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
    """Read the parameters, scores and speeds of a family. Recipes without scores or pictures are left out.

    Raises:
        MissingResultsError: no recipe has scores and pictures.
    """
    entries, notes = complete(
        project, page, project.family(name), lambda recipe: reports(recipe, *(f"{picture}.png" for picture in pictures))
    )
    speeds, unmeasured = speeds_of(project, entries, benchmark)
    return FamilyResults(entries, {recipe: metrics_of(project, recipe) for recipe in entries}, speeds, notes + unmeasured)


def copy_pictures(project: Project, recipes: Iterable[str], folder: Path, pictures: Sequence[str]) -> None:
    """Copy pictures of the evaluation to the folder of a page, samples as <recipe>.webp, others as <recipe>_<picture>.webp."""
    folder.mkdir(parents=True, exist_ok=True)
    for recipe in recipes:
        for picture in pictures:
            name = recipe if picture == "samples" else f"{recipe}_{Path(picture).name}"
            copy_as_webp(project.folder / f"data/08_reporting/{recipe}/{picture}.png", folder / f"{name}.webp")


def describe(entries: Mapping[str, Any], metrics: Mapping[str, Any], speeds: Mapping[str, Any], grids: str) -> list[str]:
    """Compose the lines of the page: protocol, table, and grids, the best recipe first.

    Raises:
        InputError: the recipes were scored under different protocols, so that their scores are not comparable.
    """
    lines, order = comparison("The adversarial family", entries, metrics, speeds)
    return [*lines, *(line for name in order for line in (f"## {name}", "", f"![samples of {name}]({grids}/{name}.webp)", ""))]


def comparison(
    title: str,
    entries: Mapping[str, Any],
    metrics: Mapping[str, Any],
    speeds: Mapping[str, Any],  # recipe -> its speeds; recipes that were not benchmarked are missing
    benchmark: str = BENCHMARK.stem,  # the benchmark that measured the speeds
) -> tuple[list[str], list[str]]:
    """Compose the lines that explain and compare the scores of a family's recipes -> lines, and the recipes, the best first.

    Raises:
        InputError: the recipes were scored under different protocols, so that their scores are not comparable.
    """
    protocols = {name: metrics[name]["protocol"] for name in entries}
    check_comparable(protocols)
    protocol = next(iter(protocols.values()))
    order = sorted(entries, key=lambda name: rank(metrics[name]["headline"]))
    first = entries[order[0]]
    budgets = {name: entry["budget"]["images"] for name, entry in entries.items()}
    counts, training, sides = protocol["images"], protocol["training_images"], " x ".join(map(str, protocol["size"]))
    budget = f"a budget of {min(budgets.values()):,} images" if len(set(budgets.values())) == 1 else "the budgets in the table"
    extra = [] if len(set(budgets.values())) == 1 else ["budget"]
    classifier = [f"- in-domain: computed in the features of {protocol[CLASSIFIER]}."] if CLASSIFIER in protocol else []
    columns = [*extra, *(column for column in COLUMNS if classifier or column != DOMAIN)]
    lines = [
        f"# {title}, side by side",
        "",
        f"Generated by `make results` from the outputs of `dvc repro` and `python benchmarks/{benchmark}.py`. "
        "The notes below the table explain the columns.",
        "",
        f"Every recipe was trained on the prepared set `{first['images']}`, {training:,} training images of {sides} px, with {budget} "
        "(the batch of a turn counts once, regardless of the number of critic steps). "
        f"The scores compare {counts['generated']:,} samples with {counts['held_out']:,} held-out images in the features of "
        f"{protocol['extractor']}.",
        "",
        "| recipe | " + " | ".join(columns) + " |",
        "|---|" + "---:|" * len(columns),
        *(row(name, metrics[name], speeds.get(name), [f"{budgets[name]:,}"] if extra else []) for name in order),
        ideal(metrics[order[0]], len(extra)),
        "",
        f"- KID ± its {protocol['kid_spread']}. FID uses N = {counts['generated']:,} samples, fewer than the "
        "1,280 features: it is biased upwards, and comparable within this table only.",
        *classifier,
        f"- precision and recall: {protocol['precision_recall']} (arXiv:1904.06991). nearest training: {protocol['nearest_training']}; "
        f"{number(metrics[order[0]]['samples']['held-out images']['nearest_training'])} for held-out images, 0 for copies.",
        f"- images/s: training speed on two CPU cores, measured by `benchmarks/{benchmark}.py`. The last column is the ratio to the speed "
        "of a plain PyTorch loop with the same networks and memory format, timed alternately in the same process.",
        "",
    ]
    return lines, order


def row(name: str, scored: Mapping[str, Any], speed: Mapping[str, float] | None, extra: list[str]) -> str:
    """Compose the table row of a recipe; `extra` holds the cells before the scores."""
    made, untrained, extractor = scored["samples"]["generated"], scored["samples"]["untrained"], scored["protocol"]["extractor"]
    kid = f"kid_{extractor}"
    better = f"{untrained[kid] / made[kid]:.1f}" if made[kid] else "-"
    domain = [thousandths(scored["in_domain"]["generated"], "in_domain")] if "in_domain" in scored else []
    shares = [f"{made[f'fid_{extractor}']:.0f}", f"{made['precision']:.2f}", f"{made['recall']:.2f}", f"{made['nearest_training']:.1f}"]
    pace = [f"{speed['images_per_second']:.0f}", f"{speed['ratio']:.2f}"] if speed else ["-", "-"]
    return f"| `{name}` | " + " | ".join([*extra, thousandths(made, extractor), better, *domain, *shares, *pace]) + " |"


def ideal(scored: Mapping[str, Any], extra: int) -> str:
    """Compose the table row of training images in place of samples, the scores of a perfect model; `extra` empty cells come first."""
    real, extractor = scored["samples"]["training images"], scored["protocol"]["extractor"]
    domain = [f"{1000 * scored['in_domain']['training images']['kid_in_domain']:z.0f}"] if "in_domain" in scored else []
    cells = [
        f"{1000 * real[f'kid_{extractor}']:z.0f}",
        "",
        *domain,
        f"{real[f'fid_{extractor}']:.0f}",
        f"{real['precision']:.2f}",
        f"{real['recall']:.2f}",
    ]
    return "| training images | " + " | ".join([*[""] * extra, *cells, "", "", ""]) + " |"

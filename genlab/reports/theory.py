"""The page of the theory: a chapter per claim with its equation, measured values, tables and pictures.

It is made from the results of `kedro run --pipeline=theory` in data/08_reporting/theory. Nothing is computed.
"""

import json
import math
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from genlab.reports.artifacts import MissingResultsError, Project, Written
from genlab.reports.markdown import line
from genlab.theory.claim import Measurement, Recorded

PAGE = Path("docs/theory.md")
RESULTS = Path("data/08_reporting/theory")
LISTING = "claim.json"
SIGNS = {"=": "=", "<=": "≤", ">=": "≥"}
VERDICTS = {True: "holds", False: "**does not hold**"}

Place = Callable[[str, str], str]  # (claim, file name of a picture) -> its address on the page


def write(project: Project) -> Written:
    """Write the page, and copy the pictures of the claims to the folder next to it.

    Raises:
        MissingResultsError: no claim has been measured.
    """
    claims = measured(project.folder / RESULTS, project.claims)
    if not claims:
        raise MissingResultsError(f"{PAGE} is not written: no claim has been measured. Measure them: `kedro run --pipeline=theory`.")
    page = project.folder / PAGE
    folder = page.with_suffix("")
    for name, claim in claims.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        for file in claim.captions:
            shutil.copyfile(project.folder / RESULTS / name / file, folder / name / file)
    page.write_text(chapters(claims, lambda name, file: f"{page.stem}/{name}/{file}"), encoding="utf-8")
    missing = [name for name in project.claims if name not in claims]
    return Written(
        page, [f"{name} is left out. Measure it: `kedro run --pipeline=theory --params=theory.only={name}`." for name in missing]
    )


def measured(
    folder: Path,
    names: Mapping[str, object],  # of the claims, in the order of the page
) -> dict[str, Recorded]:
    """Read the claims that have been measured."""
    files = {name: folder / name / LISTING for name in names}
    return {
        name: Recorded.from_json(json.loads(file.read_text(encoding="utf-8"))["claim"]) for name, file in files.items() if file.exists()
    }


def chapters(claims: Mapping[str, Recorded], place: Place) -> str:
    """Compose the page in Markdown: an overview, and a chapter per claim."""
    lines = [
        "# The theory, measured",
        "",
        "Each chapter states a claim, its equation and its source, and measures it on a distribution that is known in closed form, with "
        "the recipes and the training of this library. A claim holds if every measured value is as predicted, within the stated tolerance.",
        "",
        "The page is made from the results of `kedro run --pipeline=theory`. One claim alone: "
        f"`kedro run --pipeline=theory --params=theory.only={next(iter(claims))}`.",
        "",
        "| claim | source | verdict |",
        "|---|---|---|",
        *(line([f"[{claim.title}](#{anchor(claim.title)})", claim.source, VERDICTS[claim.holds]]) for claim in claims.values()),
    ]
    for name, claim in claims.items():
        lines += ["", *chapter(name, claim, place)]
    return "\n".join(lines) + "\n"


def chapter(name: str, claim: Recorded, place: Place) -> list[str]:
    """Compose the chapter of one claim."""
    lines = [f"## {claim.title}", "", f"*{claim.source}.*", "", "$$", claim.equation, "$$", "", claim.statement, ""]
    if claim.measurements:
        lines += ["| quantity | predicted | measured | tolerance | verdict |", "|---|---:|---:|---:|---|"]
        lines += [row(measurement) for measurement in claim.measurements]
        lines += [""]
    for finding in claim.findings:
        lines += [finding, ""]
    for table in claim.tables:
        lines += [f"**{table.title}**", "", line(table.columns), "|---|" + "---:|" * (len(table.columns) - 1)]
        lines += [line(cells) for cells in table.rows]
        lines += ["", *([table.note, ""] if table.note else [])]
    for file, caption in claim.captions.items():
        lines += [f"![{file.removesuffix('.webp').replace('_', ' ')}]({place(name, file)})", "", f"*{caption}*", ""]
    return lines[:-1]


def row(measurement: Measurement) -> str:
    """Compose the table row of a measurement."""
    sign = "" if measurement.relation == "=" else f"{SIGNS[measurement.relation]} "
    reason = f" ({measurement.reason})" if measurement.reason else ""
    cells = [measurement.name, f"{sign}{shown(measurement.predicted)}", shown(measurement.measured)]
    return line([*cells, f"{measurement.tolerance:.2g}{reason}" if measurement.tolerance else "-", VERDICTS[measurement.holds]])


def shown(value: float) -> str:
    """Format a number with four significant digits."""
    return {math.inf: "∞", -math.inf: "-∞"}.get(value, f"{value:.4g}")


def anchor(title: str) -> str:
    """The anchor that Markdown gives a heading."""
    kept = "".join(letter for letter in title.lower() if letter.isalnum() or letter in " -_")
    return kept.replace(" ", "-")

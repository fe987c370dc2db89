"""The description of a model version, in Markdown: what it is, how good it is, and how to make it again."""

import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from pipelines.release.parameters import Release
from pipelines.release.serving import facts_of, serving_of

NOT_GROUPS = ("headline", "protocol")  # all else in the metrics is a group of rows, the model's own first: {row: {score: value}}
SPREAD = "_spread"
MOST_COLUMNS = 20
SAMPLES = "samples/samples.png"  # among the run's artifacts
# The registry fills these in: a card is a file of the pipeline's, and no run may change its bytes.
RUN, GIT_COMMIT, COMMAND = "${run}", "${git_commit}", "${command}"


def describe(
    artefacts: Mapping[str, bytes],
    parity: Mapping[str, Any],
    metrics: Mapping[str, Any],
    release: Release,
) -> str:
    """Scores, parity and provenance -> the version's description, the sample grid first."""
    facts, headline = facts_of(artefacts), metrics["headline"]
    differences = [f"{name} {number(value)}" for name, value in parity["onnx_difference"].items()]
    better = "lower" if headline["lower_is_better"] else "higher"
    return "\n".join(
        [
            f"![samples](/get-artifact?path={quote(SAMPLES, safe='')}&run_uuid={RUN})",
            "",
            f"**{facts['model']['class'].rpartition('.')[2]}** on the image set **{facts['image_set']}**.",
            serving_of(facts).sentence,
            "",
            "## Scores",
            f"Headline: **{headline['name']} = {number(headline['value'])}** ({better} is better).",
            *(line for name, rows in groups_of(metrics).items() for line in ("", f"### {name}", *table(rows))),
            "",
            "## Protocol",
            *(f"- {name}: {code(value)}" for name, value in metrics["protocol"].items()),
            "",
            "## Made from",
            f"- data: {facts['image_set']}, {code(facts['data_hash'])}",
            f"- licence of the data: {release.licence}",
            f"- git commit: `{GIT_COMMIT}`",
            f"- command: `{COMMAND}`",
            f"- ONNX against torch, largest difference: {', '.join(differences)}",
            "",
            "## Limits",
            *(f"- {limit}" for limit in (*release.limits, "Scores compare only under one protocol and one data hash.")),
            "",
        ]
    )


def groups_of(metrics: Mapping[str, Any]) -> dict[str, dict[str, dict[str, float]]]:
    """Direction, or `samples` -> its rows of scores."""
    return {name: rows for name, rows in metrics.items() if name not in NOT_GROUPS}


def table(rows: Mapping[str, Mapping[str, float]]) -> list[str]:
    """Rows of scores -> the lines of a Markdown table; a score's spread stands beside it."""
    names = unique(name for scores in rows.values() for name in scores)
    if len(names) > MOST_COLUMNS:  # a class each: the registry takes no card of that length
        return [f"{len(names)} scores a row, see the run's metrics."]
    columns = [name for name in names if not (name.endswith(SPREAD) and name.removesuffix(SPREAD) in names)]
    return [
        line(["", *columns]),
        line(["---", *["---:"] * len(columns)]),
        *(line([row, *(cell(scores, column) for column in columns)]) for row, scores in rows.items()),
    ]


def cell(scores: Mapping[str, float], column: str) -> str:
    if column not in scores:
        return "-"
    spread = scores.get(column + SPREAD)
    return number(scores[column]) if spread is None else f"{number(scores[column])} ± {number(spread)}"


def line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(escaped(cell) for cell in cells)} |"


def escaped(text: str) -> str:
    """As a table's cell: classes may be called anything."""
    return text.replace("|", r"\|")


def number(value: float | None) -> str:
    """Four significant digits."""
    return "-" if value is None else f"{value:.4g}"


def code(value: Any) -> str:
    return f"`{value if isinstance(value, str) else json.dumps(value)}`"


def unique(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))

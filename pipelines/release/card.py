"""The description of a model version, in Markdown: what it is, how good it is, and how to make it again."""

import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from pipelines.release.parameters import Release

NOT_ROWS = ("headline", "protocol")  # all else in the metrics is a direction: {row: {score: value}}
SPREAD = "_spread"
SAMPLES = "samples/samples.png"  # among the run's artifacts
# The registry fills these in: a card is a file of the pipeline's, and no run may change its bytes.
RUN, GIT_COMMIT, COMMAND = "${run}", "${git_commit}", "${command}"


def describe(
    metrics: Mapping[str, Any],
    parity: Mapping[str, Any],
    images: Any,  # a genlab.images.prepared_set.PreparedSet
    model: Mapping[str, Any],  # the recipe's description in YAML
    release: Release,
) -> str:
    """Scores, parity and provenance -> the version's description, the sample grid first."""
    height, width, channels = images.images.shape[1:]
    directions = {name: rows for name, rows in metrics.items() if name not in NOT_ROWS}
    headline = metrics["headline"]
    differences = [f"{name} {number(value)}" for name, value in parity["onnx_difference"].items()]
    better = "lower" if headline["lower_is_better"] else "higher"
    return "\n".join(
        [
            f"![samples](/get-artifact?path={quote(SAMPLES, safe='')}&run_uuid={RUN})",
            "",
            f"**{model['class'].rpartition('.')[2]}** on the image set **{images.name}**: {', '.join(f'`{name}`' for name in directions)}.",
            f"Trained at {height} x {width} px, {channels} channels; takes any size.",
            "",
            "## Scores",
            f"Headline: **{headline['name']} = {number(headline['value'])}** ({better} is better).",
            *(line for name, rows in directions.items() for line in ("", f"### {name}", *table(rows))),
            "",
            "## Protocol",
            *(f"- {name}: {code(value)}" for name, value in metrics["protocol"].items()),
            "",
            "## Made from",
            f"- data: {images.name}, {code(images.content_hash)}",
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


def table(rows: Mapping[str, Mapping[str, float]]) -> list[str]:
    """Rows of scores -> the lines of a Markdown table; a score's spread stands beside it."""
    names = unique(name for scores in rows.values() for name in scores)
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
    return f"| {' | '.join(cells)} |"


def number(value: float | None) -> str:
    """Four significant digits."""
    return "-" if value is None else f"{value:.4g}"


def code(value: Any) -> str:
    return f"`{value if isinstance(value, str) else json.dumps(value)}`"


def unique(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))

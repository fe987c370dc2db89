"""A comparison as Markdown: the same tables as the page, and links to its plots and sheets of samples."""

from collections.abc import Mapping, Sequence

from genlab.reports.comparison.choice import Chosen
from genlab.reports.comparison.contributions import contribution_of, measured
from genlab.reports.comparison.ranking import ranking_of
from genlab.reports.comparison.runs import ScoredRun
from genlab.reports.comparison.settings import differing_settings
from genlab.reports.comparison.table import Table
from genlab.reports.few_digits import shown, title
from genlab.reports.markdown import line


def markdown(chosen: Chosen, table: Table, files: Mapping[str, str]) -> str:
    """Compose the Markdown. `files` maps titles of plots to their file names."""
    lines = [f"# Models on {chosen.images}, side by side", "", sentence(chosen), ""]
    lines += [*score_table(table), "", f"- {NOTE}", "", "## Variant, key contribution, metric", "", *contributions(chosen.runs), ""]
    if chosen.others:
        lines += ["## Scored under other protocols", "", *(f"- {name}: {what}." for name, what in chosen.others.items()), ""]
    for name, file in files.items():
        lines += [f"## {name}", "", f"![{name}]({file})", ""]
    for run in chosen.runs:
        if run.samples:
            lines += [f"## Samples of {run.name}", "", f"![samples of {run.name}]({run.name}.png)", ""]
    return "\n".join(lines)


def score_table(table: Table) -> list[str]:
    """Lines of the table of scores, with its baselines."""
    heads = [line(table.headings), line(["---", "---", *["---:"] * (len(table.headings) - 2)])]
    return heads + [line(cell.text for cell in row) for row in (*table.rows, *table.baselines)]


def settings_table(runs: Sequence[ScoredRun]) -> list[str]:
    """Lines of the settings in which recipes differ, folded; [] for a single recipe."""
    found = differing_settings(runs)
    if not found:
        return []
    heads = ["setting", *(run.name for run in runs)]
    rows = [line(heads), line(["---"] * len(heads)), *(line([name, *values]) for name, values in found.items())]
    return ["<details><summary>What each was trained with</summary>", "", *rows, "", "</details>", ""]


NOTE = (
    "± is the standard deviation over seeds where a model has several (column seeds), else the spread that the protocol states. "
    "≈ marks models whose difference from the best is not significant: Welch's test over seeds, with Holm's correction. "
    "JSD and Wasserstein estimates are lower bounds from the critic's loss, averaged over the last tenth of the training; "
    "critics differ, so that they do not rank models."
)


def sentence(chosen: Chosen) -> str:
    """What all rows share, in words."""
    protocol, best, ranked = chosen.runs[0].evaluation.protocol, chosen.runs[0], ranking_of(chosen.runs)
    counts = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in protocol.images.items())
    counted = "One model" if len(chosen.runs) == 1 else f"{len(chosen.runs)} models"
    size = " x ".join(map(str, protocol.size))
    return (
        f"{counted} under one protocol: features of {protocol.extractor}, images {counts}, {size} px. "
        f"Ranked by {title(ranked.score)} ({ranked.group.replace('_', ' ')}), lower is better. Best: {best.name}, "
        f"{shown(ranked.score, ranked.value(best))}."
    )


def contributions(runs: Sequence[ScoredRun]) -> list[str]:
    """Lines of the table of variants."""
    rows = [cells(run) for run in runs]
    return [line(HEADS), line(["---"] * len(HEADS)), *map(line, rows)]


HEADS = ("recipe", "variant", "key contribution", "author's metric", "measured", "paper")


def cells(run: ScoredRun) -> list[str]:
    """Cells of a row of the table of variants."""
    found = contribution_of(run)
    return [run.name, found.variant, found.key, str(found.metric), measured(run), found.paper]

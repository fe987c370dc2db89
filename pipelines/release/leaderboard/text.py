"""A leaderboard as text, for the terminal, and as Markdown, for MLflow's descriptions."""

from collections.abc import Sequence

from genlab.reports.few_digits import shown, title
from genlab.reports.markdown import line
from pipelines.release.leaderboard.entries import Entry
from pipelines.release.promotion import CHAMPION

HEADS = ("", "model", "version")


def heading(entries: Sequence[Entry]) -> str:
    """What the scores of a table are: `kid_efflite0 x 1000, lower is better (protocol 1a2b, data 3c4d)`."""
    standing = entries[0].standing
    better = "lower" if standing.headline.lower_is_better else "higher"
    return f"{title(standing.headline.name)}, {better} is better (protocol {standing.protocol}, data {standing.data_hash[:16]})"


def rows(entries: Sequence[Entry]) -> list[list[str]]:
    """Cells of a table, with a row of titles: place, model, version, score, aliases."""
    cells = [
        [str(place), entry.name, str(entry.version), score_of(entry), ", ".join(entry.aliases)] for place, entry in enumerate(entries, 1)
    ]
    return [[*HEADS, title(entries[0].standing.headline.name), "aliases"], *cells]


def as_text(image_set: str, entries: Sequence[Entry]) -> str:
    """A table as text."""
    lines = rows(entries)
    widths = [max(len(cells[column]) for cells in lines) for column in range(len(lines[0]))]
    text = ["  ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip() for cells in lines]
    return "\n".join([f"{image_set}: {heading(entries)}", *text])


def as_markdown(
    entries: Sequence[Entry],
    most: int,  # rows
) -> list[str]:
    """A short table as lines of Markdown: the first rows, and the number of the others."""
    head, *cells = rows(entries)
    lines = [line(head), line(["---"] * len(head)), *(line(row) for row in cells[:most])]
    return [*lines, *(["", f"and {len(cells) - most} more"] if len(cells) > most else [])]


def best(entries: Sequence[Entry]) -> str:
    """The best version of a table in words, and whether it is champion: `gan-fashion/2 (champion), kid_efflite0 x 1000 = 40.3 ± 2.1`."""
    first = entries[0]
    name = title(first.standing.headline.name)
    return f"{first.name}/{first.version}{' (champion)' if CHAMPION in first.aliases else ''}, {name} = {score_of(first)}"


def score_of(entry: Entry) -> str:
    """The headline of a version with its spread, in few digits."""
    headline = entry.standing.headline
    return shown(headline.name, headline.value, headline.spread)

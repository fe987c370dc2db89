"""The page of a leaderboard: one HTML document that contains its pictures and needs no other host."""

import html
from collections.abc import Mapping, Sequence

from genlab.reports.few_digits import shown, title
from pipelines.release.leaderboard.details import Details
from pipelines.release.leaderboard.entries import Entry
from pipelines.release.leaderboard.text import heading, score_of
from pipelines.release.promotion import Standing, unlike

STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #60646c; --good: #18794e }
@media (prefers-color-scheme: dark) { :root { --soft: #b0b4ba; --good: #3dd68c } }
* { box-sizing: border-box } body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 1080px; padding: 16px }
h1 { font-size: 22px; margin: 0 } h2 { font-size: 17px; margin: 32px 0 4px } .soft { color: var(--soft); font-size: 13px; margin: 0 }
p { overflow-wrap: anywhere } table { border-collapse: collapse; width: 100%; margin-top: 8px }
th, td { text-align: left; padding: 8px 10px; border-top: 1px solid var(--line); vertical-align: top }
th { color: var(--soft); font-size: 13px; font-weight: 600 } img { display: block; width: 240px; max-width: 100% }
.score { font-weight: 600; white-space: nowrap } .alias { color: var(--good); font-size: 13px } .place { font-weight: 600 }
td.picture { width: 260px }
@media (max-width: 760px) {
  table, tbody, tr, td, td.picture { display: block; width: auto } thead { display: none }
  tr { border-top: 1px solid var(--line); padding: 10px 0 }
  td { border: 0; padding: 2px 0 } td[data-name]::before { content: attr(data-name) ": "; color: var(--soft); font-weight: 400 }
  td:empty { display: none } img { width: 100% }
}
"""


def page(
    image_set: str,
    tables: Sequence[Sequence[Entry]],  # see entries.tables
    details: Mapping[tuple[str, int], Details],  # (model, version) -> details
) -> str:
    """Render the leaderboard of an image set, one table per protocol. At the width of a phone, each row is a block."""
    name = html.escape(image_set)
    parts = [section(entries, details, tables[0][0].standing) for entries in tables]
    note = ["<p class=soft>Tables differ in protocol or data: scores of one cannot be compared with those of another.</p>"]
    body = "\n".join([f"<h1>Leaderboard of {name}</h1>", *note[: len(tables) - 1], *parts])
    return (
        f"<!doctype html>\n<html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width, initial-scale=1'>"
        f"<title>Leaderboard of {name}</title><style>{STYLE}</style>\n<body>\n{body}\n</body></html>\n"
    )


def section(
    entries: Sequence[Entry],
    details: Mapping[tuple[str, int], Details],
    first: Standing,  # of the first table
) -> str:
    """HTML of one table, with what its scores are, and what in its protocol differs from that of the first table."""
    known = [details.get((entry.name, entry.version), Details()) for entry in entries]
    others = list(dict.fromkeys(name for each in known for name in each.scores))
    score = title(entries[0].standing.headline.name)
    heads = ["", "samples", "model", score, *map(title, others), "trained"]
    head = "".join(f"<th>{html.escape(each)}</th>" for each in heads)
    body = "\n".join(row(place, entry, each, [score, *others]) for place, (entry, each) in enumerate(zip(entries, known, strict=True), 1))
    standing = entries[0].standing
    other = f" Compared with the protocol of the first table: {unlike(first, standing)}." if standing.protocol != first.protocol else ""
    text = html.escape(heading(entries).partition(", ")[2] + other)  # without the score, which is the title
    return f"<h2>{html.escape(score)}</h2><p class=soft>{text}</p><table><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table>"


def row(place: int, entry: Entry, known: Details, scores: Sequence[str]) -> str:
    """HTML of a version."""
    name = html.escape(entry.name)
    first, *others = scores
    picture = f"<img src='{known.picture}' alt='samples of {name} version {entry.version}'>" if known.picture else ""
    aliases = "".join(f" <span class=alias>@{html.escape(alias)}</span>" for alias in entry.aliases)
    value = html.escape(score_of(entry))
    return (
        f"<tr><td class=place>{place}</td><td class=picture>{picture}</td><td><b>{name}</b> version {entry.version}{aliases}</td>"
        f"<td class=score data-name='{html.escape(first)}'>{value}</td>"
        + "".join(f"<td data-name='{html.escape(title(each))}'>{shown(each, known.scores.get(each))}</td>" for each in others)
        + f"<td data-name=trained>{html.escape(known.trained)}</td></tr>"
    )

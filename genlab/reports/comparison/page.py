"""A comparison as one HTML page that contains its pictures and script, and needs no other file and no network."""

import base64
import io
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path

from PIL import Image

from genlab.reports.comparison.choice import Chosen
from genlab.reports.comparison.markdown import HEADS, NOTE, cells, sentence
from genlab.reports.comparison.runs import ScoredRun
from genlab.reports.comparison.settings import differing_settings
from genlab.reports.comparison.table import METRIC, Cell, Table

HERE = Path(__file__).parent
TEXTS = ("recipe", "family", METRIC)  # columns of words
LARGEST = 1024  # pixels, the longer side of a sheet of samples


def page(chosen: Chosen, table: Table, plots: Mapping[str, str]) -> str:
    """Render the page. `plots` maps titles to SVG."""
    name = f"Models on {chosen.images}, side by side"
    parts = [f"<h1>{escape(name)}</h1>", f"<p class=soft>{escape(sentence(chosen))}</p>", tools(chosen.runs), scores(table, chosen.runs)]
    parts += [f"<p class=soft>{escape(NOTE)}</p>", others(chosen.others), sheets(chosen.runs)]
    parts += ["<h2>Variant, key contribution, metric</h2>", words(HEADS, map(cells, chosen.runs))]
    figures = "".join(f"<figure><h3>{escape(title)}</h3>{svg}</figure>" for title, svg in plots.items())
    parts += [f"<h2>Curves</h2><div class=plots>{figures}</div>" if figures else "", trained_with(chosen.runs), protocol(chosen.runs[0])]
    style, script = ((HERE / file).read_text(encoding="utf-8") for file in ("style.css", "script.js"))
    viewer = "<dialog aria-label='enlarged picture'><img alt=''><p></p></dialog>"
    return (
        "<!doctype html>\n<html lang=en><head><meta charset=utf-8><meta name=viewport content='width=device-width, initial-scale=1'>"
        f"<link rel=icon href='data:,'><title>{escape(name)}</title><style>\n{style}</style></head>\n<body>\n"
        + "\n".join(filter(None, parts))
        + f"\n{viewer}\n<script>\n{script}</script>\n</body></html>\n"
    )


def tools(runs: Sequence[ScoredRun]) -> str:
    """HTML of the filters."""
    families = "".join(f"<option>{escape(each)}</option>" for each in sorted({run.family for run in runs if run.family}))
    return (
        "<div class=tools><label>Filter <input id=text type=search placeholder='name, metric, ...'></label>"
        f"<label>Family <select id=family><option value=''>all</option>{families}</select></label><span id=count class=soft "
        "aria-live=polite></span></div>"
    )


def scores(table: Table, runs: Sequence[ScoredRun]) -> str:
    """HTML of the table of scores, whose headings sort it."""
    head = "".join(
        f"<th scope=col{' class=text' if each in TEXTS else ''}><button type=button>{escape(each)}</button></th>" for each in table.headings
    )
    rows = "".join(
        f"<tr data-name='{escape(run.name)}' data-family='{escape(run.family)}'>{''.join(map(td, row))}</tr>"
        for run, row in zip(runs, table.rows, strict=True)
    )
    feet = "".join(f"<tr>{''.join(map(td, row))}</tr>" for row in table.baselines)
    return f"<div class=wide><table id=models><thead><tr>{head}</tr></thead><tbody>{rows}</tbody><tfoot>{feet}</tfoot></table></div>"


def td(cell: Cell) -> str:
    """HTML of a cell with the value that it is sorted by; cells with words are aligned left."""
    value = "" if cell.value is None else f" data-value='{cell.value!r}'"
    value = " class=text" if cell.value is None and cell.text.strip("-") else value
    return f"<td{value}>{escape(cell.text)}</td>"


def others(found: Mapping[str, str]) -> str:
    """HTML of the recipes that are not in the table, with the fields of their protocols that differ; "" if there are none."""
    if not found:
        return ""
    entries = "".join(f"<li><b>{escape(name)}</b>: {escape(what)}</li>" for name, what in found.items())
    return (
        "<h2>Scored under other protocols</h2><p class=soft>These models cannot be compared with the table. Evaluate them again under its "
        f"protocol: <code>kedro run --pipeline=&lt;recipe&gt; --tags=evaluate</code>.</p><ul>{entries}</ul>"
    )


def sheets(runs: Sequence[ScoredRun]) -> str:
    """HTML of the sheets of samples side by side; each enlarges on click or by the keyboard."""
    shown = [run for run in runs if run.samples]
    if not shown:
        return ""
    seed = runs[0].evaluation.protocol.sampling_seed
    note = "Held-out images and their translations." if seed is None else f"All models draw their latents from the seed {seed}."
    tiles = "".join(
        f"<div data-name='{escape(run.name)}'><h3>{escape(run.name)}</h3><button type=button class=picture "
        f"aria-label='enlarge samples of {escape(run.name)}'><img loading=lazy src='{data_uri(run.samples)}' "
        f"alt='samples of {escape(run.name)}'></button></div>"
        for run in shown
    )
    return f"<h2>Samples</h2><p class=soft>{note} Click a sheet to enlarge it.</p><div class=sheets>{tiles}</div>"


def data_uri(content: bytes) -> str:
    """A picture file as a data URI, in WebP without loss, and smaller if it is very large."""
    with Image.open(io.BytesIO(content)) as picture:
        small = picture.convert("RGB")
    small.thumbnail((LARGEST, LARGEST))
    encoded = io.BytesIO()
    small.save(encoded, "WEBP", lossless=True)
    return f"data:image/webp;base64,{base64.b64encode(encoded.getvalue()).decode()}"


def trained_with(runs: Sequence[ScoredRun]) -> str:
    """HTML of the settings in which the models differ."""
    found = differing_settings(runs)
    rows = ([name, *values] for name, values in found.items())
    table = words(["setting", *(run.name for run in runs)], rows)
    return f"<h2>What each was trained with</h2><details><summary>{len(found)} settings that differ</summary>{table}</details>"


def protocol(run: ScoredRun) -> str:
    """HTML of the protocol of the table."""
    rows = ([name, str(value)] for name, value in run.evaluation.protocol.to_json().items())
    return f"<h2>Protocol</h2><details><summary>how all of these scores were computed</summary>{words(['field', 'value'], rows)}</details>"


def words(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """HTML of a table of texts."""
    head = "".join(f"<th>{escape(each)}</th>" for each in heads)
    body = "".join(f"<tr>{''.join(f'<td>{escape(each)}</td>' for each in row)}</tr>" for row in rows)
    return f"<div class='wide words'><table><tr>{head}</tr>{body}</table></div>"

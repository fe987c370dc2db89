"""Scores of one recipe under several seeds, as a table in Markdown and as a self-contained HTML page."""

import base64
import io
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any, NamedTuple

from PIL import Image

from genlab.evaluation.spread import SeedSpread, Spread
from genlab.reports.few_digits import few, shown, title
from genlab.reports.markdown import line

STYLE = """
:root { color-scheme: light dark; }
body { font: 17px/1.6 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
h1, h2 { line-height: 1.25; } h2 { margin-top: 2.5rem; }
img { max-width: 100%; height: auto; background: white; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 15px; margin: 1rem 0; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .7rem; border-bottom: 1px solid #8886; text-align: right; vertical-align: top; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
.facts td { text-align: left; white-space: normal; }
"""


class Line(NamedTuple):
    """A line of the table: a score and its values."""

    group: str
    score: str
    spread: Spread

    def cells(self) -> list[str]:
        """Title, mean ± standard deviation, standard error, and the value under each seed."""
        factor = 1000 if title(self.score) != self.score else 1
        values = [shown(self.score, value, group=self.group) for value in self.spread.values]
        spread = self.spread.standard_deviation
        mean = shown(self.score, self.spread.mean, spread if spread > 0 else None, self.group)
        return [title(self.score), mean, few(factor * self.spread.standard_error), *values]


def lines(spread: SeedSpread) -> Iterator[Line]:
    """Yield a line per score."""
    for group, scores in spread.scores.items():
        for name, found in scores.items():
            yield Line(group, name, found)


def columns(spread: SeedSpread) -> list[str]:
    """Titles of the columns of the table."""
    return ["score", "mean ± std", "standard error", *(f"seed {seed}" for seed in spread.seeds)]


def stated(spread: SeedSpread) -> str:
    """The headline in one line: `kid_efflite0 x 1000 = 40.3 ± 2.1 over 3 seeds (lower is better)`."""
    better = "lower" if spread.lower_is_better else "higher"
    value = shown(spread.headline, spread.headlines.mean, spread.headlines.standard_deviation)
    return f"{title(spread.headline)} = {value} over {len(spread.seeds)} seeds ({better} is better)"


def table(spread: SeedSpread) -> str:
    """Compose the table of all scores in Markdown, one table per group."""
    found, written = list(lines(spread)), []
    for group in spread.scores:
        written += [f"### {title(group)}", "", line(columns(spread)), line(["---", *["---:"] * (len(spread.seeds) + 2)])]
        written += [*(line(each.cells()) for each in found if each.group == group), ""]
    return "\n".join(written)


def page(spread: SeedSpread, samples: Image.Image) -> str:
    """Render the page: headline, samples of every seed, table, settings and protocol. It needs no other file, no script and no network."""
    encoded = io.BytesIO()
    samples.save(encoded, "WEBP", lossless=True)
    picture = f"data:image/webp;base64,{base64.b64encode(encoded.getvalue()).decode()}"
    name = f"{spread.recipe} under {len(spread.seeds)} seeds"
    tables = "".join(
        f"<h2>{escape(title(group))}</h2>" + rows([each.cells() for each in lines(spread) if each.group == group], columns(spread))
        for group in spread.scores
    )
    body = (
        f"<h1>{escape(name)}</h1><p><strong>{escape(stated(spread))}</strong></p>"
        f"<p>Trained on the image set <code>{escape(spread.images)}</code> with the seeds {', '.join(map(str, spread.seeds))}, all other "
        "settings being equal. ± is the sample standard deviation over seeds; the standard error is that of the mean.</p>"
        f'<h2>Samples of every seed</h2><p><img src="{picture}" alt="samples of every seed"></p>{tables}'
        f"<h2>Settings</h2>{facts(spread.settings)}<h2>Protocol</h2>{facts(spread.protocol.to_json())}"
    )
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(name)}</title><style>{STYLE}</style>'
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>\n{body}\n</body></html>\n'


def rows(cells: list[list[str]], heads: list[str]) -> str:
    """Render a table as HTML."""
    head = "".join(f"<th>{escape(each)}</th>" for each in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(each)}</td>" for each in row) + "</tr>" for row in cells)
    return f'<div class="wide"><table><tr>{head}</tr>{body}</table></div>'


def facts(values: Mapping[str, Any], prefix: str = "") -> str:
    """Render nested values as a table of dotted names."""
    return f'<div class="wide"><table class="facts">{"".join(entries(values, prefix))}</table></div>'


def entries(values: Mapping[str, Any], prefix: str) -> Iterator[str]:
    """Yield a table row per value of a nested mapping."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from entries(value, f"{prefix}{name}.")
        else:
            yield f"<tr><td><code>{escape(f'{prefix}{name}')}</code></td><td>{escape(str(value))}</td></tr>"

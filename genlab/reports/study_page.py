"""The report of a study of people as one self-contained HTML file."""

import base64
import html
import io
from collections.abc import Mapping
from typing import Any

from PIL import Image

from genlab.reports.study import Section, sections

STYLE = """
:root { color-scheme: light dark; }
body { font: 17px/1.6 system-ui, sans-serif; max-width: 54rem; margin: 2rem auto; padding: 0 1rem; }
h1, h2 { line-height: 1.25; } h2 { margin-top: 2.5rem; }
img { max-width: 100%; height: auto; background: white; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 15px; margin: 1rem 0; }
th, td { padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #8886; text-align: left; vertical-align: top; }
"""


def page(results: Mapping[str, Any], plot: Image.Image) -> str:
    """Render the report as HTML. The plot is embedded."""
    content = io.BytesIO()
    plot.save(content, "PNG")
    picture = f'<img alt="ranking with intervals" src="data:image/png;base64,{base64.b64encode(content.getvalue()).decode()}">'
    parts = [
        rendered(section, 1 if number == 0 else 2) + (f"\n<p>{picture}</p>" if section.title == "Ranking" else "")
        for number, section in enumerate(sections(results))
    ]
    title = html.escape(f"Study {results['name']}")
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title><style>{STYLE}'
    body = "\n".join(parts)
    return f'<!doctype html>\n<html lang="en"><head>{head}</style></head>\n<body>\n{body}\n</body></html>\n'


def rendered(section: Section, level: int) -> str:
    """Render a section. Names of files are those that participants chose: everything is escaped."""
    lines = [f"<h{level}>{html.escape(section.title)}</h{level}>", *(f"<p>{html.escape(text)}</p>" for text in section.texts)]
    if section.rows:
        head = "".join(f"<th>{html.escape(cell)}</th>" for cell in section.header)
        rows = ["".join(f"<td>{html.escape(cell)}</td>" for cell in row) for row in section.rows]
        lines.append(f'<div class="wide"><table><tr>{head}</tr>{"".join(f"<tr>{row}</tr>" for row in rows)}</table></div>')
    return "\n".join(lines)

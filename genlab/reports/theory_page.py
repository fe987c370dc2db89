"""The page of the theory as one self-contained HTML file: pictures are embedded, and formulas are MathML, which needs no script."""

import base64
from collections.abc import Mapping

from genlab.errors import InputError
from genlab.reports.theory import chapters
from genlab.theory.claim import Recorded

STYLE = """
:root { color-scheme: light dark; }
body { font: 17px/1.6 system-ui, sans-serif; max-width: 54rem; margin: 2rem auto; padding: 0 1rem; }
h1, h2 { line-height: 1.25; } h2 { margin-top: 3.5rem; border-top: 1px solid #8884; padding-top: 1.5rem; }
img { max-width: 100%; height: auto; background: white; } math { font-size: 1.1em; }
.block { overflow: auto hidden; text-align: center; margin: 1rem 0; }
table { border-collapse: collapse; display: block; overflow-x: auto; font-size: 15px; margin: 1rem 0; }
th, td { padding: .3rem .7rem; border-bottom: 1px solid #8886; text-align: left; vertical-align: top; }
code { background: #8882; padding: .1em .3em; border-radius: 3px; }
"""


def page(
    claims: Mapping[str, Recorded],
    pictures: Mapping[str, Mapping[str, bytes]],  # claim -> file name -> content of a WebP file
) -> str:
    """Render the page as HTML.

    Raises:
        InputError: a package of the extra `theory` is not installed.
    """
    try:
        from latex2mathml.converter import convert
        from markdown_it import MarkdownIt
        from mdit_py_plugins.anchors import anchors_plugin
        from mdit_py_plugins.dollarmath import dollarmath_plugin
    except ImportError as error:
        raise InputError(f"the page of the theory needs the package {error.name}. Install it: pip install 'genlab[theory]'.") from error

    def formula(content: str, options: Mapping[str, bool]) -> str:
        display = options["display_mode"]
        return f'<div class="block">{convert(content, display="block")}</div>' if display else convert(content)

    def embedded(claim: str, file: str) -> str:
        return f"data:image/webp;base64,{base64.b64encode(pictures[claim][file]).decode()}"

    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    reader.validateLink = lambda url: True  # type: ignore[method-assign]  # its default refuses embedded WebP
    reader.use(dollarmath_plugin, renderer=formula).use(anchors_plugin, max_level=2)
    body = reader.render(chapters(claims, embedded))
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>The theory, measured</title><style>{STYLE}'
    return f'<!doctype html>\n<html lang="en"><head>{head}</style></head>\n<body>\n{body}</body></html>\n'

"""Configuration of the documentation site: `make docs`."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(Path(__file__).parent / "_ext")]

import genlab  # noqa: E402  found by the line above

project = "genlab"
author = "The genlab developers"
copyright = "2026, the genlab developers"
version = release = genlab.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "api_pages",  # docs/_ext: one page per room of genlab/
    "argument_comments",  # docs/_ext: the comments next to arguments, as parameter lists
    "docstrings",  # docs/_ext: a missing docstring is a warning
    "math_ml",  # docs/_ext: formulas as MathML, without JavaScript
]
exclude_patterns = ["_build", "performance/*"]  # parts of performance.md
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath", "fieldlist"]
myst_heading_anchors = 3
myst_links_external_new_tab = False

autodoc_default_options = {"members": True, "member-order": "bysource"}
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
python_maximum_signature_line_length = 88
python_use_unqualified_type_names = True
add_module_names = False
toc_object_entries_show_parents = "hide"
html_math_renderer = "mathml"

html_theme = "furo"
html_title = f"genlab {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False

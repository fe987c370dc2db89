"""Learning does not import pictures."""

import ast

import pytest
from conftest import ROOT

PICTURES = ("genlab/pictures", "genlab/evaluation", "genlab/styles/__main__.py")  # the last is a command that draws
LEARNING = [file for file in sorted(ROOT.glob("genlab/**/*.py")) if not file.relative_to(ROOT).as_posix().startswith(PICTURES)]


def imported(source):
    """Every module that the source imports, also inside functions; `from x import y` counts as x and as x.y."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def draws(source):
    return any(module == "genlab.pictures" or module.startswith("genlab.pictures.") for module in imported(source))


@pytest.mark.parametrize("file", LEARNING, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_learning_does_not_import_pictures(file):
    assert not draws(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "source",
    ["import genlab.pictures.views", "from genlab import pictures", "def f():\n    from genlab.pictures.sheets import sheet"],
)
def test_every_way_to_import_pictures_is_seen(source):
    assert draws(source) and not draws("from genlab.evaluation.pictures import sample_pictures")


def test_learning_is_looked_at():
    assert {"engine.py", "gan.py", "fit.py", "unet.py", "priors.py"} <= {file.name for file in LEARNING}

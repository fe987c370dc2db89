"""Tests of the imports of genlab/ and pipelines/: layers, no circular imports, and no framework in the library."""

import ast
import graphlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT

PACKAGES = ("genlab", "pipelines")
# The subpackages of genlab/, from top to bottom: a module imports only from its own subpackage and from lower layers.
LAYERS = (
    {"api", "reports"},
    {"evaluation"},
    {"training", "pictures"},
    {"styles"},
    {"metrics"},
    {"extractors"},
    {"export"},
    {"recipes"},
    {"adversarial", "variational", "mixtures", "translation"},
    {"networks", "losses", "images"},
    {"engine", "serving"},
    {"build"},
    {"moved", "errors"},
)
FRAMEWORKS = {"kedro", "kedro_datasets", "mlflow", "dvc", "great_expectations", "pipelines"}


def modules(root: Path) -> dict[str, Path]:
    """Name -> file of every module; the name of a package stands for its `__init__`."""
    found = {}
    for package in PACKAGES:
        for file in sorted((root / package).rglob("*.py")):
            parts = file.relative_to(root).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


def statements(node: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """All import statements, including those in functions, except those under `if TYPE_CHECKING:`."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child
        elif isinstance(child, ast.If) and ast.unparse(child.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            for other in child.orelse:
                yield from statements(other)
        else:
            yield from statements(child)


def imported(name: str, file: Path, known: dict[str, Path]) -> set[str]:
    """Names of the modules that a module imports, from this repository or elsewhere."""
    package = name if file.stem == "__init__" else name.rpartition(".")[0]
    found = set()
    for statement in statements(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(statement, ast.Import):
            found |= {alias.name for alias in statement.names}
            continue
        source = statement.module or ""
        if statement.level:
            above = package.split(".")[: len(package.split(".")) - statement.level + 1]
            source = ".".join([*above, *([source] if source else [])])
        for alias in statement.names:  # `from package import module` names the module
            found.add(f"{source}.{alias.name}" if f"{source}.{alias.name}" in known else source)
    return found


def executed(name: str, target: str) -> Iterator[str]:
    """The imported module and those of its parent packages that do not contain the importing module."""
    yield target
    while "." in target:
        target = target.rpartition(".")[0]
        if not f"{name}.".startswith(f"{target}."):
            yield target


def graph(root: Path) -> dict[str, set[str]]:
    """Module -> modules of this repository that its import statements run."""
    known = modules(root)
    return {
        name: {each for target in imported(name, file, known) for each in executed(name, target) if each in known} - {name}
        for name, file in known.items()
    }


def circle(edges: dict[str, set[str]]) -> list[str]:
    """Modules of a circular import, each importing the next one, with the first repeated at the end; empty if there is none."""
    try:
        graphlib.TopologicalSorter(edges).prepare()
    except graphlib.CycleError as error:
        return error.args[1][::-1]
    return []


def test_there_are_no_circular_imports():
    found = circle(graph(ROOT))
    assert not found, f"a circle of imports: {' -> '.join(found)}"


def test_subpackages_import_only_from_lower_layers():
    """Commands (`__main__`) are above all layers."""
    known = modules(ROOT)
    level = {subpackage: number for number, layer in enumerate(LAYERS) for subpackage in layer}
    wrong = []
    for name, file in known.items():
        package, _, rest = name.partition(".")
        if package != "genlab" or not rest or file.stem == "__main__":
            continue
        subpackage = rest.partition(".")[0]
        for target in imported(name, file, known):
            other = target.split(".")[1] if target.startswith("genlab.") else subpackage
            if other != subpackage and level[other] <= level[subpackage]:
                wrong.append(f"{name} imports {target}")
    assert not wrong, wrong


def test_the_library_imports_no_framework():
    known = modules(ROOT)
    found = {
        f"{name} imports {target}"
        for name, file in known.items()
        if name.split(".")[0] == "genlab"
        for target in imported(name, file, known)
        if target.split(".")[0] in FRAMEWORKS
    }
    assert not found, sorted(found)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("import genlab.b", "def f():\n    from genlab import a", {"genlab.a", "genlab.b"}),
        ("from .b import x", "from . import a", {"genlab.a", "genlab.b"}),
        ("from genlab.b import x", "if TYPE_CHECKING:\n    from genlab.a import y\nelse:\n    import os", set()),
        ("from genlab.b import x", "from pipelines.inner.c import z", {"genlab.b", "pipelines.inner"}),
    ],
)
def test_a_circular_import_is_found_wherever_the_imports_are(a, b, expected, tmp_path):
    """In the last case, the circle is closed by the `__init__` of the package, which runs before its module."""
    texts = {
        "genlab/a": a,
        "genlab/b": b,
        "pipelines/inner/__init__": "from genlab import b",
        "pipelines/inner/c": "",
        "genlab/__init__": "",
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / f"{name}.py").write_text(text)
    assert set(circle(graph(tmp_path))) == expected

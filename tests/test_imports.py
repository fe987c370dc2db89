"""The modules of genlab/ and pipelines/ import only from lower layers and without cycles; the library imports no framework."""

import ast
import graphlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT

PACKAGES = ("genlab", "pipelines")
# The packages of genlab/ from top to bottom. A module imports only from its own package and from lower layers.
LAYERS = (
    {"commands"},
    {"ladder"},
    {"api", "reports"},
    {"theory", "study"},
    {"evaluation"},
    {"training", "pictures"},
    {"styles"},
    {"metrics"},
    {"extractors"},
    {"export"},
    {"recipes"},
    {"adversarial", "variational", "mixtures", "translation", "densities", "fetching"},
    {"networks", "losses", "images", "damage"},
    {"engine", "serving"},
    {"build"},
    {"moved", "errors"},
)
FRAMEWORKS = {"kedro", "kedro_datasets", "mlflow", "dvc", "great_expectations", "pipelines"}


def modules(root: Path) -> dict[str, Path]:
    """Name -> file of every module; the name of a package maps to its `__init__`."""
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
    """Names of all modules that a module imports, in this project or elsewhere."""
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
    """The imported module `target` and the `__init__` of each of its packages that does not also contain the importing module `name`."""
    yield target
    while "." in target:
        target = target.rpartition(".")[0]
        if not f"{name}.".startswith(f"{target}."):
            yield target


def graph(root: Path) -> dict[str, set[str]]:
    """Module -> the modules of this project that its import statements execute."""
    known = modules(root)
    return {
        name: {each for target in imported(name, file, known) for each in executed(name, target) if each in known} - {name}
        for name, file in known.items()
    }


def import_cycle(edges: dict[str, set[str]]) -> list[str]:
    """An import cycle, in which each module imports the next, with the first one repeated at the end; empty if there is none."""
    try:
        graphlib.TopologicalSorter(edges).prepare()
    except graphlib.CycleError as error:
        return error.args[1][::-1]
    return []


def test_there_are_no_import_cycles():
    found = import_cycle(graph(ROOT))
    assert not found, f"an import cycle: {' -> '.join(found)}"


def test_a_room_imports_from_lower_layers_only():
    """Commands (`__main__`) may import from all packages."""
    known = modules(ROOT)
    level = {room: number for number, rooms in enumerate(LAYERS) for room in rooms}
    wrong = []
    for name, file in known.items():
        package, _, rest = name.partition(".")
        if package != "genlab" or not rest or file.stem == "__main__":
            continue
        room = rest.partition(".")[0]
        for target in imported(name, file, known):
            other = target.split(".")[1] if target.startswith("genlab.") else room
            if other != room and level[other] <= level[room]:
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
def test_import_cycles_are_found_wherever_the_imports_are(a, b, expected, tmp_path):
    """In the last case, the `__init__` of the package, which runs before its module, closes the cycle."""
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
    assert set(import_cycle(graph(tmp_path))) == expected

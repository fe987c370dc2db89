"""The code that a training depends on: the files of genlab that given modules import, with a hash of the code of each."""

import ast
import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import genlab
from genlab.moved import current_name

PACKAGE = Path(genlab.__file__).parent
Parsed = dict[Path, tuple[list[str], str]]  # file -> (imported names, hash of its code)


def code_of(
    names: Iterable[str],  # dotted names of modules or of objects in modules: genlab.training.fit, genlab.recipes.gan.GAN
    package: Path = PACKAGE,  # folder of the package
    parsed: Parsed | None = None,  # caches parsed files between calls
) -> dict[str, str]:
    """Map each file of the package that the given modules import, directly or indirectly, to a hash of its code.

    Files are relative to the parent of the package, and sorted. The files of the given modules are included. Imports inside functions
    count, imports for type checkers do not. Comments, docstrings and layout do not change a hash.
    """
    found: dict[str, str] = {}
    parsed, waiting = {} if parsed is None else parsed, list(names)
    while waiting:
        name = waiting.pop()
        file = file_of(name, package)
        if file is None or (path := str(file.relative_to(package.parent))) in found:
            continue
        packages = path.split("/")[:-1]
        waiting += [".".join(packages[:end]) for end in range(1, len(packages) + 1)]  # an import runs the `__init__` of each
        if file not in parsed:
            tree = ast.parse(file.read_bytes())
            parsed[file] = list(imported(tree, package.name, packages)), meaning(tree)
        names, found[path] = parsed[file]
        waiting += names
    return dict(sorted(found.items()))


def classes_in(description: object) -> Iterator[str]:
    """Yield the current dotted name of every `class` in a nested description."""
    if isinstance(description, dict):
        if isinstance(description.get("class"), str):
            yield current_name(description["class"])
        for value in description.values():
            yield from classes_in(value)
    elif isinstance(description, list | tuple):
        for value in description:
            yield from classes_in(value)


def file_of(name: str, package: Path) -> Path | None:
    """Return the file of the module that a dotted name refers to or is defined in; None if it is not in the package."""
    parts = name.split(".")
    if parts[0] != package.name:
        return None
    for end in range(len(parts), 0, -1):
        path = package.parent.joinpath(*parts[:end])
        for file in (path.with_suffix(".py"), path / "__init__.py"):
            if file.is_file():
                return file
    return None


def imported(
    tree: ast.Module,
    package: str,
    here: list[str],  # names of the packages that contain the module, for relative imports
) -> Iterator[str]:
    """Yield the dotted names of the modules and objects that a module imports from the package, except those for type checkers."""
    ignored = {id(inner) for node in ast.walk(tree) if is_type_checking(node) for inner in ast.walk(node)}
    for node in ast.walk(tree):
        if id(node) in ignored:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = here[: len(here) - node.level + 1] if node.level else []
            module = ".".join([*start, *([node.module] if node.module else [])])
            if module.partition(".")[0] == package:
                yield from (f"{module}.{alias.name}" for alias in node.names)


def is_type_checking(node: ast.AST) -> bool:
    """Whether a node is an `if TYPE_CHECKING:` block."""
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def meaning(tree: ast.Module) -> str:
    """Hash the code of a module, without its docstrings -> 16 hexadecimal digits. Removes the docstrings from the tree, in place."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(node) is not None:
            del node.body[0]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()[:16]

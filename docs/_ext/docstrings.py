"""Public modules, classes and functions of genlab without a docstring. Each is a warning of the build, which `make docs` makes an error."""

import ast
from collections.abc import Iterator
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.typing import ExtensionMetadata

PACKAGE = Path(__file__).resolve().parents[2] / "genlab"
BY_TORCH = {"forward", "extra_repr"}  # the class's docstring gives the shapes

logger = logging.getLogger(__name__)
Definition = ast.ClassDef | ast.FunctionDef


def definitions(node: ast.AST, prefix: str = "") -> Iterator[tuple[str, Definition, bool]]:
    """Yield (dotted name, definition, whether it is a method) of all public definitions, in classes too."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Definition) and not child.name.startswith("_"):
            yield f"{prefix}{child.name}", child, isinstance(node, ast.ClassDef)
            if isinstance(child, ast.ClassDef):
                yield from definitions(child, f"{prefix}{child.name}.")


def missing(package: Path = PACKAGE) -> list[str]:
    """List `file: name` of what has no docstring. A method needs none if a class of its room documents a method of this name."""
    trees = {file: ast.parse(file.read_text(encoding="utf-8")) for file in sorted(package.rglob("*.py"))}
    documented: dict[str, set[str]] = {}  # room -> names of methods with a docstring: protocols and base classes
    for file, tree in trees.items():
        names = {node.name for _, node, is_method in definitions(tree) if is_method and ast.get_docstring(node)}
        documented.setdefault(file.relative_to(package).parts[0], set()).update(names)
    found = []
    for file, tree in trees.items():
        where = file.relative_to(package.parent).as_posix()
        if not ast.get_docstring(tree):
            found.append(f"{where}: the module")
        for name, node, is_method in definitions(tree):
            inherited = is_method and node.name in documented[file.relative_to(package).parts[0]] | BY_TORCH
            if not ast.get_docstring(node) and not inherited and not is_property_of_protocol(node):
                found.append(f"{where}: {name}")
    return found


def is_property_of_protocol(node: Definition) -> bool:
    """Whether a definition is an attribute of a protocol, written as a property without a body."""
    decorators = [getattr(each, "id", "") for each in node.decorator_list]
    return "property" in decorators and isinstance(node.body[-1], ast.Expr) and getattr(node.body[-1].value, "value", None) is Ellipsis


def warn(app: Sphinx) -> None:
    for each in missing():
        logger.warning("no docstring: %s", each, type="api")


def setup(app: Sphinx) -> ExtensionMetadata:
    app.connect("builder-inited", warn)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

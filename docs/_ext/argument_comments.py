"""Comments next to arguments and fields, as the parameter lists of the API pages.

The code explains each argument by a comment on its line of the signature. Sphinx does not read comments: this adds them to the
docstrings of functions, and of classes (arguments of `__init__`, or fields of a dataclass, named tuple or protocol). It also marks up the
docstrings, which are plain text with names in single backticks.
"""

import ast
import enum
import inspect
import io
import re
import tokenize
from collections.abc import Iterator
from functools import cache
from typing import Any

from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata


@cache
def comments_of(file: str) -> dict[int, str]:
    """Line number -> text of the comment on it, of a Python file."""
    with tokenize.open(file) as source:
        tokens = tokenize.generate_tokens(io.StringIO(source.read()).readline)
        return {token.start[0]: token.string.lstrip("# ") for token in tokens if token.type == tokenize.COMMENT}


@cache
def tree_of(file: str) -> ast.Module:
    with tokenize.open(file) as source:
        return ast.parse(source.read())


def definition(obj: Any) -> tuple[str, ast.AST] | None:
    """The file and the syntax tree of a class or function; None where there is no source."""
    try:
        file = inspect.getsourcefile(obj)
        _, line = inspect.getsourcelines(obj)
    except (OSError, TypeError):
        return None
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == obj.__name__:
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            if first == line or node.lineno == line:
                return file, node
    return None


def described(node: ast.AST, comments: dict[int, str]) -> Iterator[tuple[str, str]]:
    """Name -> comment, of the arguments of a function, or of a class's fields and its `__init__`."""
    if isinstance(node, ast.FunctionDef):
        arguments = node.args
        for argument in [*arguments.posonlyargs, *arguments.args, arguments.vararg, *arguments.kwonlyargs, arguments.kwarg]:
            if argument is not None and argument.end_lineno in comments:
                yield argument.arg, comments[argument.end_lineno]
    elif isinstance(node, ast.ClassDef):
        for child in node.body:
            if isinstance(child, ast.AnnAssign) and isinstance(child.target, ast.Name) and child.end_lineno in comments:
                yield child.target.id, comments[child.end_lineno]
            elif isinstance(child, ast.FunctionDef) and child.name == "__init__":
                yield from described(child, comments)


def marked_up(line: str) -> str:
    """A line of plain text as reStructuredText: names in backticks become literals, and characters with a meaning are escaped."""
    parts = re.split(r"(`+[^`]+`+)", line)
    literal = re.compile(r"`+([^`]+)`+")
    return "".join(literal.sub(r"``\1``", part) if literal.fullmatch(part) else re.sub(r"([|*]|_(?!\w))", r"\\\1", part) for part in parts)


def process(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Mark up a docstring, and append `:param name: comment` lines."""
    lines[:] = [marked_up(line) for line in lines]
    if what not in ("class", "function", "method"):
        return
    found = definition(inspect.unwrap(obj))
    if found is None:
        return
    file, node = found
    parameters = list(described(node, comments_of(file)))
    one_line = isinstance(node, ast.FunctionDef) and len({argument.lineno for argument in node.args.args}) == 1 and len(parameters) > 1
    if parameters and not one_line:
        lines += ["", *(f":param {parameter}: {marked_up(comment)}" for parameter, comment in parameters), ""]


def hide(app: Sphinx, what: str, name: str, obj: Any, skip: bool, options: Any) -> bool | None:
    """Leave out fields of named tuples, which autodoc lists as 'Alias for field number 0', and classes of other packages."""
    foreign = inspect.isclass(obj) and not obj.__module__.startswith("genlab")
    return True if foreign or type(obj).__name__ == "_tuplegetter" else None


def without_arguments(
    app: Sphinx, what: str, name: str, obj: Any, options: Any, signature: str | None, returned: str | None
) -> tuple[str, None] | None:
    """No signature for protocols and enumerations, which nobody constructs with arguments."""
    return ("", None) if what == "class" and (getattr(obj, "_is_protocol", False) or issubclass(obj, enum.Enum)) else None


def setup(app: Sphinx) -> ExtensionMetadata:
    app.connect("autodoc-process-docstring", process)
    app.connect("autodoc-process-signature", without_arguments)
    app.connect("autodoc-skip-member", hide)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

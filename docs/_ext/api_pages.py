"""Writes docs/api: a page per room of genlab/ with the docstrings of its modules, before Sphinx reads the sources."""

from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

import genlab

PACKAGE = Path(genlab.__file__).parent
TOP = ("api", "build", "errors")  # modules of genlab itself that have a part on the first page


def modules_of(room: Path) -> list[str]:
    """Dotted names of a room's modules; a package stands for its `__init__`."""
    names = []
    for file in sorted(room.rglob("*.py"), key=lambda file: (file.parent, file.name != "__init__.py", file.name)):
        parts = file.relative_to(PACKAGE.parent).with_suffix("").parts
        if parts[-1] != "__main__":
            names.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return names


def section(module: str) -> str:
    """A module's part of a page; what a package imports from its modules is shown there."""
    package = PACKAGE.parent.joinpath(*module.split("."), "__init__.py").is_file()
    options = "   :no-members:\n" if package else ""
    return f"## `{module}`\n\n```{{eval-rst}}\n.. automodule:: {module}\n{options}```\n"


def write_pages(app: Sphinx) -> None:
    """Write index.md and one page per room; files that have not changed are left, so that Sphinx does not read them again."""
    folder = Path(app.srcdir) / "api"
    folder.mkdir(exist_ok=True)
    rooms = [room for room in sorted(PACKAGE.iterdir()) if (room / "__init__.py").is_file()]
    pages = {f"{room.name}.md": f"# genlab.{room.name}\n\n" + "\n".join(map(section, modules_of(room))) for room in rooms}
    contents = "\n".join(room.name for room in rooms)
    top = "\n".join(section(f"genlab.{name}") for name in TOP)
    pages["index.md"] = f"# API reference\n\n{app.config.api_introduction}\n\n{top}\n\n```{{toctree}}\n:caption: Rooms\n\n{contents}\n```\n"
    for name, text in pages.items():
        if not (folder / name).is_file() or (folder / name).read_text(encoding="utf-8") != text:
            (folder / name).write_text(text, encoding="utf-8")
    for page in folder.glob("*.md"):
        if page.name not in pages:
            page.unlink()


def setup(app: Sphinx) -> ExtensionMetadata:
    app.add_config_value(
        "api_introduction",
        "The six functions of the library are in `genlab.api` and can be imported from `genlab`. Everything else is in rooms; a module "
        "imports from its own room and from lower layers only, see [Architecture](../architecture.md).",
        "env",
    )
    app.connect("builder-inited", write_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

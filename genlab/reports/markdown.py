"""Numbers and tables as Markdown."""

from collections.abc import Iterable


def line(cells: Iterable[str]) -> str:
    """Cells -> one line of a table."""
    return f"| {' | '.join(escaped(cell) for cell in cells)} |"


def escaped(text: str) -> str:
    """Text as a table's cell: the names of classes may contain any character."""
    return text.replace("|", r"\|")


def number(value: float | None) -> str:
    """Four significant digits."""
    return "-" if value is None else f"{value:.4g}"

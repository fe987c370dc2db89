"""Formatting of numbers and tables as Markdown."""

from collections.abc import Iterable, Sequence


def line(cells: Iterable[str]) -> str:
    """Join cells to one line of a Markdown table."""
    return f"| {' | '.join(escaped(cell) for cell in cells)} |"


def table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Lines of a table. The first column is aligned left, all others right."""
    return [line(titles), "|---|" + "---:|" * (len(titles) - 1), *map(line, rows)]


def escaped(text: str) -> str:
    """Escape text for a table cell: names of classes may contain any character, including "|"."""
    return text.replace("|", r"\|")


def number(value: float | None) -> str:
    """Format a number with four significant digits; None as "-"."""
    return "-" if value is None else f"{value:.4g}"

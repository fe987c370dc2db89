"""Formatting of numbers and tables as Markdown."""

from collections.abc import Iterable


def line(cells: Iterable[str]) -> str:
    """Join cells to one line of a Markdown table."""
    return f"| {' | '.join(escaped(cell) for cell in cells)} |"


def escaped(text: str) -> str:
    """Escape text for a table cell: names of classes may contain any character, including "|"."""
    return text.replace("|", r"\|")


def number(value: float | None) -> str:
    """Format a number with four significant digits; None as "-"."""
    return "-" if value is None else f"{value:.4g}"

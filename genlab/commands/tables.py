"""Tables with one row per picture, as .csv files."""

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from genlab.engine.files import write

TABLE = ".csv"


def save_table(file: Path, columns: Sequence[str], rows: Iterable[Sequence[str | int | float]]) -> None:
    """Write a table in UTF-8 with a line of names. Floats have 8 digits."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([f"{value:.8g}" if isinstance(value, float) else value for value in row] for row in rows)
    write(file, text.getvalue().encode())

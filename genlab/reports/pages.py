"""Writing of all pages of results."""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from genlab.errors import InputError
from genlab.reports import seeds, theory
from genlab.reports.artifacts import MissingResultsError, Project, Written
from genlab.reports.families import page


def write_pages(project: Project) -> int:
    """Write every page whose results exist and print its path; print notes on missing results, and how to produce them, to stderr.

    Returns: the exit code: 1 if no page was written, or if a page failed for another reason than missing results; else 0.
    """
    written, failed = 0, False
    for path, write in writers(project).items():
        try:
            file, notes = write(project)
        except MissingResultsError as error:
            print(f"note: {error}", file=sys.stderr)
        except InputError as error:
            print(f"error: {path}: {error}", file=sys.stderr)
            failed = True
        else:
            print(file)
            for note in notes:
                print(f"note: {path}: {note}", file=sys.stderr)
            written += 1
    return int(failed or not written)


def writers(project: Project) -> dict[Path, Callable[[Project], Written]]:
    """Page, relative to the project -> what writes it. There is one for each family of the project's recipes."""
    families = dict.fromkeys(str(entry["family"]) for entry in project.recipes.values() if entry.get("family"))
    return {page.page_of(name): partial(page.write, family=name) for name in families} | {
        seeds.PAGE: seeds.write,
        theory.PAGE: theory.write,
    }

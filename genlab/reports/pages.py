"""Writing of all pages of results."""

import sys

from genlab.errors import InputError
from genlab.reports import adversarial, conditional, latent_variables, original, seeds, style, theory, translation
from genlab.reports.artifacts import MissingResultsError, Project

PAGES = (adversarial, original, conditional, style, translation, latent_variables, seeds, theory)


def write_pages(project: Project) -> int:
    """Write every page whose results exist and print its path; print notes on missing results, and how to produce them, to stderr.

    Returns: the exit code: 1 if no page was written, or if a page failed for another reason than missing results; else 0.
    """
    written, failed = 0, False
    for page in PAGES:
        try:
            path, notes = page.write(project)
        except MissingResultsError as error:
            print(f"note: {error}", file=sys.stderr)
        except InputError as error:
            print(f"error: {page.PAGE}: {error}", file=sys.stderr)
            failed = True
        else:
            print(path)
            for note in notes:
                print(f"note: {page.PAGE}: {note}", file=sys.stderr)
            written += 1
    return int(failed or not written)

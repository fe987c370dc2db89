"""`genlab leaderboard`: the registered versions of all models of an image set, best first, by protocol."""

import argparse
from pathlib import Path

from genlab.commands.outputs import check_new, check_suffix
from genlab.commands.parser import Parser
from genlab.engine.files import write
from pipelines.registered_models import connected
from pipelines.release.leaderboard.entries import entries_of, tables
from pipelines.release.leaderboard.publish import rendered
from pipelines.release.leaderboard.text import as_text

DESCRIPTION = "list the registered models of an image set, best first"


def parser() -> Parser:
    """Parser of the command's arguments."""
    made = Parser("genlab leaderboard", "List the registered models of an image set, best first.", "example: genlab leaderboard fashion")
    made.add_argument("image_set", help="name of an image set")
    made.add_argument("--all", action="store_true", help="all versions; otherwise the best one of each model")
    made.add_argument("--out", type=Path, metavar="PAGE.html", help="write a page with pictures, instead of text")
    made.add_argument("--overwrite", action="store_true", help="replace an existing page")
    return made


def run(arguments: argparse.Namespace) -> int:
    """Run the command; return the exit code.

    Raises:
        InputError: no model of this image set is registered, or the page cannot be written.
    """
    if arguments.out is not None:
        check_suffix(arguments.out, (".html",), folder=False)
        check_new([arguments.out], arguments.overwrite)
    with connected(arguments.image_set) as client:
        entries = entries_of(client, arguments.image_set)
        page = rendered(client, arguments.image_set, entries, arguments.all) if arguments.out is not None else ""
    if arguments.out is None:
        print("\n\n".join(as_text(arguments.image_set, group) for group in tables(entries, arguments.all)))
    else:
        write(arguments.out, page.encode())
        print(f"{len(entries):,} versions: {arguments.out}")
    return 0

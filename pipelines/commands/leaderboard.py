"""`genlab leaderboard`: the registered versions of all models of an image set, best first, by protocol."""

import argparse
import math
from collections.abc import Sequence
from typing import NamedTuple

from genlab.build import suggestion
from genlab.commands.parser import Parser
from genlab.errors import InputError
from genlab.evaluation.scores import Headline
from genlab.reports.markdown import number
from pipelines.registered_models import connected
from pipelines.release.promotion import Standing

DESCRIPTION = "list the registered models of an image set, best first"


class Entry(NamedTuple):
    """A registered version."""

    name: str
    version: int
    aliases: tuple[str, ...]
    standing: Standing

    @property
    def comparable(self) -> tuple[str, bool, str, str]:
        """What must be equal for two scores to be compared: the score, its direction, the protocol and the data."""
        headline = self.standing.headline
        return headline.name, headline.lower_is_better, self.standing.protocol, self.standing.data_hash


def parser() -> Parser:
    """Parser of the command's arguments."""
    made = Parser("genlab leaderboard", "List the registered models of an image set, best first.", "example: genlab leaderboard fashion")
    made.add_argument("image_set", help="name of an image set")
    made.add_argument("--all", action="store_true", help="all versions; otherwise the best one of each model")
    return made


def run(arguments: argparse.Namespace) -> int:
    """Run the command; return the exit code.

    Raises:
        InputError: no model of this image set is registered.
    """
    with connected(arguments.image_set) as client:
        models = client.search_registered_models(max_results=1000)
        sets = {model.tags["image_set"] for model in models if "image_set" in model.tags}
        if arguments.image_set not in sets:
            known = f"{suggestion(arguments.image_set, sets)} There are models of: {', '.join(sorted(sets)) or 'no set'}."
            raise InputError(f"{arguments.image_set}: no model of this image set is registered.{known}")
        chosen = [model for model in models if model.tags.get("image_set") == arguments.image_set]
        entries = [
            Entry(
                model.name,
                int(version.version),
                tuple(sorted(alias for alias, of in model.aliases.items() if str(of) == str(version.version))),
                Standing.from_tags(version.tags),
            )
            for model in chosen
            for version in client.search_model_versions(f"name='{model.name}'")
        ]
    print("\n\n".join(tables(arguments.image_set, entries, arguments.all)))
    return 0


def tables(image_set: str, entries: Sequence[Entry], every: bool) -> list[str]:
    """One table per score, protocol and content of the set: scores of different tables cannot be compared."""
    groups: dict[tuple[str, bool, str, str], list[Entry]] = {}
    for entry in entries:
        groups.setdefault(entry.comparable, []).append(entry)
    return [table(image_set, ordered(group, every)) for _, group in sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))]


def ordered(group: Sequence[Entry], every: bool) -> list[Entry]:
    """The entries of a table, best first; without `every`, the best one of each model. Scores that are no numbers are last."""

    def place(entry: Entry) -> tuple[bool, float, str, int]:
        headline = entry.standing.headline
        value = headline.value if headline.lower_is_better else -headline.value
        return not math.isfinite(value), value if math.isfinite(value) else 0.0, entry.name, entry.version

    best = sorted(group, key=place)
    firsts = {entry.name: entry for entry in reversed(best)}
    return best if every else [entry for entry in best if firsts[entry.name] is entry]


def table(image_set: str, entries: Sequence[Entry]) -> str:
    """A table as text."""
    headline, protocol = entries[0].standing.headline, entries[0].standing.protocol
    better = "lower" if headline.lower_is_better else "higher"
    rows = [
        [str(place), entry.name, str(entry.version), scored(entry.standing.headline), ", ".join(entry.aliases)]
        for place, entry in enumerate(entries, 1)
    ]
    lines = [["", "model", "version", headline.name, "aliases"], *rows]
    widths = [max(len(cells[column]) for cells in lines) for column in range(5)]
    text = ["  ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip() for cells in lines]
    title = f"{image_set}: {headline.name}, {better} is better (protocol {protocol}, data {entries[0].standing.data_hash[:16]})"
    return "\n".join([title, *text])


def scored(headline: Headline) -> str:
    """A score with its spread, if it has one."""
    return number(headline.value) + (f" ± {number(headline.spread)}" if headline.spread is not None else "")

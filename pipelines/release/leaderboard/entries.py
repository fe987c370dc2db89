"""The registered versions of an image set, grouped by what makes their scores comparable, and ordered."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from genlab.build import suggestion
from genlab.errors import InputError
from pipelines.release.promotion import Standing

if TYPE_CHECKING:  # mlflow takes two seconds to import
    from mlflow import MlflowClient

SET_TAG = "image_set"  # of a registered model


class Entry(NamedTuple):
    """A registered version."""

    name: str
    version: int
    aliases: tuple[str, ...]
    standing: Standing
    run_id: str = ""

    @property
    def comparable(self) -> tuple[str, bool, str, str]:
        """What must be equal for two scores to be compared: the score, its direction, the protocol and the data."""
        headline = self.standing.headline
        return headline.name, headline.lower_is_better, self.standing.protocol, self.standing.data_hash


def image_sets(client: "MlflowClient") -> list[str]:
    """Names of the image sets that models are registered of, sorted."""
    models = client.search_registered_models(max_results=1000)
    return sorted({model.tags[SET_TAG] for model in models if SET_TAG in model.tags})


def entries_of(client: "MlflowClient", image_set: str) -> list[Entry]:
    """All registered versions of all models of an image set.

    Raises:
        InputError: no model of this image set is registered.
    """
    sets = image_sets(client)
    if image_set not in sets:
        known = f"{suggestion(image_set, sets)} There are models of: {', '.join(sets) or 'no set'}."
        raise InputError(f"{image_set}: no model of this image set is registered.{known}")
    return [
        Entry(
            model.name,
            int(version.version),
            tuple(sorted(alias for alias, of in model.aliases.items() if str(of) == str(version.version))),
            Standing.from_tags(version.tags),
            str(version.run_id or ""),
        )
        for model in client.search_registered_models(max_results=1000)
        if model.tags.get(SET_TAG) == image_set
        for version in client.search_model_versions(f"name='{model.name}'")
    ]


def tables(entries: Sequence[Entry], every: bool) -> list[list[Entry]]:
    """Entries -> one list per score, protocol and content of the set, each best first. Scores of different tables cannot be compared.

    The table with the most versions is first. With `every=False`, a table has the best version of each model only.
    """
    groups: dict[tuple[str, bool, str, str], list[Entry]] = {}
    for entry in entries:
        groups.setdefault(entry.comparable, []).append(entry)
    return [ordered(group, every) for _, group in sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))]


def ordered(group: Sequence[Entry], every: bool) -> list[Entry]:
    """The entries of a table, best first; without `every`, the best one of each model. Scores that are no numbers are last."""

    def place(entry: Entry) -> tuple[bool, float, str, int]:
        headline = entry.standing.headline
        value = headline.value if headline.lower_is_better else -headline.value
        return not math.isfinite(value), value if math.isfinite(value) else 0.0, entry.name, entry.version

    best = sorted(group, key=place)
    firsts = {entry.name: entry for entry in reversed(best)}
    return best if every else [entry for entry in best if firsts[entry.name] is entry]

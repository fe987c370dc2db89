"""Which scored recipes stand in one table: those of one image set and one protocol."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from genlab.errors import InputError
from genlab.evaluation.comparable import between_recipes, named
from genlab.reports.comparison.ranking import ranking_of
from genlab.reports.comparison.runs import ScoredRun


class Chosen(NamedTuple):
    """The recipes of a table, the best first, and those that cannot be compared with them."""

    images: str
    runs: tuple[ScoredRun, ...]
    others: Mapping[str, str]  # recipe -> how its protocol differs from that of the table


def choose(
    runs: Sequence[ScoredRun],
    images: str,  # name of the image set
    only: Collection[str] | None = None,  # recipes; None: all
    described: Collection[str] = (),  # recipes of the set, to be named if none has scores
) -> Chosen:
    """Choose the recipes that can be compared on an image set.

    Recipes of other sets join if their protocol agrees, which includes the hash of the held-out images: cyclegan on `emoji` and pix2pix on
    `emoji_pairs` translate the same held-out images. The table has the protocol of most recipes of the set itself.

    Raises:
        InputError: no recipe of the set has scores. The message has the commands that make them.
    """
    wanted = [run for run in runs if only is None or run.name in only]
    own = [run for run in wanted if run.images == images]
    if not own:
        commands = " ".join(f"`kedro run --pipeline={name}`" for name in only or described)
        raise InputError(
            f"compare.images: no recipe on '{images}' has scores{' among those of compare.recipes' if only else ''}. Make them: "
            f"{commands or 'no recipe of this set is described in conf/.'}"
        )
    return comparable(wanted, images)[0]


def comparable(runs: Sequence[ScoredRun], images: str) -> list[Chosen]:
    """Group the recipes of an image set by protocol, the largest group first; [] if the set has none. Recipes of other sets join."""
    groups: list[list[ScoredRun]] = []
    own = [run for run in runs if run.images == images]
    for run in own:
        group = next((each for each in groups if not unlike(each[0], run)), None)
        if group is None:
            groups.append([run])
        else:
            group.append(run)
    found = []
    for group in sorted(groups, key=len, reverse=True):
        first = group[0]
        together = [*group, *(run for run in runs if run.images != images and not unlike(first, run))]
        others = {run.name: named(unlike(first, run)) for run in own if run not in group}
        found.append(Chosen(images, tuple(sorted(together, key=ranking_of(together).place)), others))
    return found


def unlike(one: ScoredRun, other: ScoredRun) -> dict[str, tuple[Any, Any]]:
    """Fields in which the protocols of two recipes differ, so that their scores cannot be compared."""
    return between_recipes(one.evaluation.protocol.to_json(), other.evaluation.protocol.to_json())

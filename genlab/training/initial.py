"""Initial values of a training from an earlier one (fine-tuning): what matches by name and shape is loaded, the rest is listed.

With FreezeD (Mo et al. 2020, arXiv:2002.10964), the first layers of the critics keep the loaded values.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Self

from genlab.engine.recipe import Recipe
from genlab.training.freezing import freeze
from genlab.training.matching import Match, listed, load, match, times
from genlab.training.source import Source, read


@dataclass(frozen=True)
class Initial:
    """From which weights a training starts."""

    source: Source
    average: bool = False  # start from the source's moving average of the generator; a release holds nothing else
    freeze: int = 0  # number of first layers of each critic that keep the loaded values

    @classmethod
    def of(cls, path: str | Path, average: bool = False, freeze: int = 0) -> Self:
        """Read a release folder or a checkpoint.

        Raises:
            InputError: it cannot be read.
        """
        return cls(read(path), average, freeze)

    def settings(self) -> dict[str, str | int]:
        """Everything that determines what is loaded and frozen; the place of the source does not."""
        return {"sha256": self.source.sha256, "kind": self.source.kind, "average": self.average, "freeze": self.freeze}


class Started(NamedTuple):
    """How a training has started: the record of what was loaded and frozen."""

    name: str  # of the source
    sha256: str
    lines: list[str]  # one per network, in words
    loaded: int  # number of values
    wanted: int  # number of values of the recipe's networks
    frozen: list[str]


def start(recipe: Recipe, initial: Initial, is_new: bool) -> Started:
    """Freeze layers and, if the training is new, load the values of the source -> what was done.

    A resumed training has its own values already, and never loads those of the source again.

    Raises:
        InputError: as in `match`, `load` and `freeze`.
    """
    found = match(recipe, initial.source, initial.average)
    frozen = freeze(recipe, initial.freeze, found)
    if is_new:
        load(recipe, found)
    wanted = recipe.learnt()
    loaded, size = (sum(value.numel() for value in values.values()) for values in (found.values, wanted))
    return Started(initial.source.name, initial.source.sha256, [*in_words(recipe, initial, found, frozen)], loaded, size, frozen)


def in_words(recipe: Recipe, initial: Initial, found: Match, frozen: Collection[str]) -> Iterator[str]:
    """Lines on what was loaded of each network, what was not, what was not used, and what is frozen."""
    wanted = recipe.learnt()
    for part in dict.fromkeys(name.partition(".")[0] for name in wanted):
        names = [name for name in wanted if name.partition(".")[0] == part]
        loaded = [name for name in names if name in found.values]
        if not loaded:
            why = f"a {initial.source.kind} without it" if not any(name in found.shapes for name in names) else "all shapes differ"
            yield f"{part}: starts from scratch ({why})"
            continue
        share = sum(wanted[name].numel() for name in loaded) / sum(wanted[name].numel() for name in names)
        text = f"{part}: {len(loaded)} of {len(names)} tensors loaded, {100 * share:.1f} % of the values"
        shapes = [f"{name} {times(found.shapes[name][0])}, here {times(found.shapes[name][1])}" for name in names if name in found.shapes]
        missing = [name for name in names if name in found.missing]
        text += f"; other shape: {listed(shapes)}" if shapes else ""
        yield text + (f"; not in the source: {listed(missing)}" if missing else "")
    if found.unused:
        yield f"not used: {listed(found.unused)}"
    if frozen:
        yield f"frozen: {listed(frozen)}"

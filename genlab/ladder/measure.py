"""Measures all metrics on undamaged and on damaged samples."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from tqdm import tqdm

from genlab.ladder.material import Material
from genlab.ladder.samples import applicable, damaged, unchanged
from genlab.ladder.spaces import Space

REPEATS = 8  # undamaged samples


@dataclass(frozen=True)
class Rungs:
    """Values of one metric in one space."""

    undamaged: list[float]  # of several samples; the first is the one that is damaged
    damaged: dict[str, list[float]]  # name of the damage -> values from weak to strong


@dataclass(frozen=True)
class Measured:
    """All metrics on one image set."""

    images: str  # name of the set
    size: tuple[int, ...]  # (height, width, channels)
    count: int  # N, images per sample, and as many reference images
    spaces: dict[str, dict[str, Rungs]]  # space -> metric -> values

    def to_json(self) -> dict[str, Any]:
        """As values of JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Read the result of `to_json`."""
        spaces = {space: {name: Rungs(**rungs) for name, rungs in metrics.items()} for space, metrics in values["spaces"].items()}
        return cls(values["images"], tuple(values["size"]), values["count"], spaces)


def measure(
    name: str,  # of the image set
    material: Material,
    spaces: Sequence[Space],
    repeats: int = REPEATS,
    seed: int = 0,
) -> Measured:
    """Score undamaged samples, and the first of them with every damage in every strength."""
    base = material.sample(seed)
    kinds = applicable(material)
    values: dict[str, dict[str, Rungs]] = {space.title: {} for space in spaces}

    def add(kind: str, sample: Any) -> None:
        for space in spaces:
            for metric, value in space.scores(sample).items():
                rungs = values[space.title].setdefault(metric, Rungs([], {each: [] for each in kinds}))
                (rungs.damaged[kind] if kind else rungs.undamaged).append(value)

    for number in tqdm(range(repeats), f"undamaged samples of '{name}'", disable=None):
        add("", unchanged(material, material.sample(seed + number)))
    for kind in tqdm(kinds, f"damage to '{name}'", disable=None):
        for sample in damaged(material, base, kind, seed):
            add(kind, sample)
    return Measured(name, material.images.shape[1:], len(base), values)

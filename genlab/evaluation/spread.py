"""Scores of one recipe under several seeds: mean, spread and the values themselves. JSON form, the content of spread.json:

    {"recipe", "images", "headline": {"name", "lower_is_better", as a score}, "seeds": [...], "checkpoints": [...], "protocol", "settings",
     "scores": {group: {score: {"mean", "standard_deviation", "standard_error", "count", "values": [one per seed]}}}}

A value that is not finite is null in JSON, and NaN in the types. Imports the standard library only, and genlab's errors, scores and JSON.
"""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

from genlab.engine.json_text import nulled
from genlab.errors import InputError
from genlab.evaluation.protocol import Protocol
from genlab.evaluation.scores import Evaluation

LEAST = 2  # seeds: one value has no spread


@dataclass(frozen=True)
class Spread:
    """The values of one score under several seeds."""

    values: tuple[float, ...]  # one per seed; NaN where the score is not defined

    @property
    def count(self) -> int:
        """Number of values, K."""
        return len(self.values)

    @property
    def mean(self) -> float:
        """Mean of the values; NaN if one of them is not finite."""
        return statistics.fmean(self.values) if self.finite else math.nan

    @property
    def standard_deviation(self) -> float:
        """Sample standard deviation, with K - 1 degrees of freedom; NaN if a value is not finite."""
        return statistics.stdev(self.values) if self.finite else math.nan

    @property
    def standard_error(self) -> float:
        """Standard error of the mean: standard deviation / sqrt(K)."""
        return self.standard_deviation / math.sqrt(self.count)

    @property
    def finite(self) -> bool:
        """Whether all values are finite."""
        return all(map(math.isfinite, self.values))

    def to_json(self) -> dict[str, Any]:
        """Spread -> {mean, standard_deviation, standard_error, count, values}, with null for NaN."""
        numbers = {"mean": self.mean, "standard_deviation": self.standard_deviation, "standard_error": self.standard_error}
        return {**nulled(numbers), "count": self.count, "values": [value if math.isfinite(value) else None for value in self.values]}


class Replicate(NamedTuple):
    """One training of a recipe, with its scores."""

    seed: int
    settings: Mapping[str, Any]  # everything else that decides the result: model, images, budget, ...
    evaluation: Evaluation


class SeedSpread(NamedTuple):
    """Scores of one recipe under K seeds, computed in the same way from trainings that differ in the seed only."""

    recipe: str
    images: str  # name of the image set
    headline: str  # name of the score by which recipes are compared
    lower_is_better: bool
    seeds: tuple[int, ...]
    checkpoints: tuple[str, ...]  # hash of the weights of each seed
    protocol: Protocol
    settings: Mapping[str, Any]
    scores: Mapping[str, Mapping[str, Spread]]  # group -> score -> its values; those of the recipe itself, without baselines
    headlines: Spread  # values of the headline

    @classmethod
    def of(cls, recipe: str, images: str, replicates: Sequence[Replicate]) -> Self:
        """Collect the scores of K trainings of a recipe on one image set.

        Raises:
            InputError: there are fewer than two trainings, a seed appears twice, or protocols, settings or scores differ.
        """
        check_alike(recipe, replicates)
        first, evaluations = replicates[0], [each.evaluation for each in replicates]
        scores = {
            str(group.name): {
                name: Spread(tuple(own[name].value for own in owns))
                for owns in [[each.groups[place].own.values for each in evaluations]]
                for name in group.own.values
            }
            for place, group in enumerate(first.evaluation.groups)
        }
        headline = first.evaluation.headline
        return cls(
            recipe,
            images,
            headline.name,
            headline.lower_is_better,
            tuple(each.seed for each in replicates),
            tuple(each.checkpoint for each in evaluations),
            first.evaluation.protocol,
            first.settings,
            scores,
            Spread(tuple(each.headline.value for each in evaluations)),
        )

    def score(self, group: str, name: str) -> Spread | None:
        """The values of a score of a group; None if the recipe has no such score."""
        return self.scores.get(group, {}).get(name)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """Content of spread.json -> SeedSpread.

        Raises:
            InputError: a part is missing, or the protocol is invalid.
        """
        try:
            return cls(
                content["recipe"],
                content["images"],
                content["headline"]["name"],
                content["headline"]["lower_is_better"],
                tuple(content["seeds"]),
                tuple(content["checkpoints"]),
                Protocol.from_json(content["protocol"]),
                content["settings"],
                {group: {name: read(values) for name, values in scores.items()} for group, scores in content["scores"].items()},
                read(content["headline"]),
            )
        except KeyError as error:
            raise InputError(f"Scores over seeds: got no {error}, expected the content of a spread.json. Run the seeds again.") from error

    def to_json(self) -> dict[str, Any]:
        """SeedSpread -> content of spread.json, the inverse of `from_json`."""
        return {
            "recipe": self.recipe,
            "images": self.images,
            "headline": {"name": self.headline, "lower_is_better": self.lower_is_better, **self.headlines.to_json()},
            "seeds": list(self.seeds),
            "checkpoints": list(self.checkpoints),
            "protocol": self.protocol.to_json(),
            "settings": dict(self.settings),
            "scores": {group: {name: spread.to_json() for name, spread in scores.items()} for group, scores in self.scores.items()},
        }


def read(written: Mapping[str, Any]) -> Spread:
    """{"values": [number or null, ...], ...} -> Spread. Mean and deviation are computed from the values."""
    return Spread(tuple(math.nan if value is None else float(value) for value in written["values"]))


def check_alike(recipe: str, replicates: Sequence[Replicate]) -> None:
    """Check that trainings of a recipe differ in their seeds only.

    Raises:
        InputError: there are fewer than two, a seed appears twice, or protocols, settings or scores differ; the message names what differs.
    """
    seeds = [each.seed for each in replicates]
    if len(replicates) < LEAST or len(set(seeds)) < len(seeds):
        raise InputError(f"{recipe}: got scores of the seeds {seeds}, expected those of at least {LEAST} different seeds.")
    first = replicates[0]
    for other in replicates[1:]:
        where = f"{recipe}: the seeds {first.seed} and {other.seed}"
        if unlike := differing(first.evaluation.protocol.to_json(), other.evaluation.protocol.to_json()):
            raise InputError(f"{where} were scored under different protocols, in {', '.join(unlike)}. Run the seeds again.")
        if unlike := differing(first.settings, other.settings):
            raise InputError(f"{where} have different settings, in {', '.join(unlike)}. Train them with the same ones.")
        if unlike := differing(names(first.evaluation), names(other.evaluation)):
            raise InputError(f"{where} have different scores, in {', '.join(unlike)}. Run the seeds again.")


def names(evaluation: Evaluation) -> dict[str, Any]:
    """Names of all scores of the recipe itself, by group, and that of its headline."""
    groups = {str(group.name): sorted(group.own.values) for group in evaluation.groups}
    return {"headline": evaluation.headline.name, **groups}


def differing(one: Mapping[str, Any], other: Mapping[str, Any], prefix: str = "") -> list[str]:
    """Dotted names of the values that differ between two nested mappings: [`budget.images`]."""
    found = []
    for name in {**one, **other}:
        ours, theirs = one.get(name), other.get(name)
        if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
            found += differing(ours, theirs, f"{prefix}{name}.")
        elif ours != theirs or (name in one) != (name in other):
            found.append(f"{prefix}{name}")
    return found

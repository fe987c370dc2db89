"""Scores of a recipe as types, and their JSON form, which is the content of metrics.json:

    {"headline": {"name", "value", "lower_is_better"}, "protocol": {...}, "checkpoint": sha256,
     group: {row: {score: value, score_spread: spread}}}

A value or spread that is not finite is null in JSON, and NaN in the types (genlab.engine.json_text). This module defines all names of rows
and groups. It imports the standard library only, and genlab's errors, protocol, names of metrics and JSON.
"""

import math
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple, Self

from genlab.engine.json_text import nulled
from genlab.errors import InputError
from genlab.evaluation.protocol import Protocol
from genlab.metrics.names import in_features_of

SPREAD = "_spread"  # in JSON, the spread of score X is named X_spread and follows it
BITS_PER_DIMENSION = "bits_per_dimension"
HEADLINE, PROTOCOL, CHECKPOINT, SELECTION, LIFE = "headline", "protocol", "checkpoint", "selection", "life"

Rows = dict[str, dict[str, float]]  # a group as JSON: {row: {score: value, score_spread: spread}}


class RowName(StrEnum):
    """Names of rows: the images, components or latent space that a row scores."""

    GENERATED = "generated"
    TRANSLATED = "translated"
    RECONSTRUCTED = "reconstructed"
    COMPONENTS = "components"
    UNTRAINED = "untrained"
    IDENTITY = "identity"  # the source images as they are
    TRAINING_IMAGES = "training images"
    HELD_OUT_IMAGES = "held-out images"
    K_MEANS = "k-means"
    UNBOUNDED = "none"  # latents that are not truncated
    PSI_1 = "1"  # styles that are not truncated
    W = "W"
    Z = "Z"


class GroupName(StrEnum):
    """Names of groups: the kinds of scores."""

    A_TO_B = "a_to_b"
    B_TO_A = "b_to_a"
    SAMPLES = "samples"
    FURTHER = "further"
    IN_DOMAIN = "in_domain"
    CLASSES = "classes"
    KID_WITHIN_CLASSES = "kid_within_classes"
    TRUNCATION = "truncation"
    PATH_LENGTH = "path_length"
    LIKELIHOOD = "likelihood"
    RECONSTRUCTIONS = "reconstructions"
    CLUSTERS = "clusters"


# The own row of a group is the first of these that the group has; all other rows are baselines. Two groups compare a recipe with itself:
# `truncation` has one row per value, and its own row is the one without truncation (truncation of latents by a bound has "none" as well as
# a row "1", so the order matters); `path_length` has one row per latent space, and its own row is W, from which images are synthesised.
OWN: Mapping[GroupName, tuple[RowName, ...]] = {
    GroupName.A_TO_B: (RowName.TRANSLATED,),
    GroupName.B_TO_A: (RowName.TRANSLATED,),
    GroupName.SAMPLES: (RowName.GENERATED,),
    GroupName.FURTHER: (RowName.GENERATED,),
    GroupName.IN_DOMAIN: (RowName.GENERATED,),
    GroupName.CLASSES: (RowName.GENERATED,),
    GroupName.KID_WITHIN_CLASSES: (RowName.GENERATED,),
    GroupName.TRUNCATION: (RowName.UNBOUNDED, RowName.PSI_1),
    GroupName.PATH_LENGTH: (RowName.W,),
    GroupName.LIKELIHOOD: (RowName.HELD_OUT_IMAGES,),
    GroupName.RECONSTRUCTIONS: (RowName.RECONSTRUCTED,),
    GroupName.CLUSTERS: (RowName.COMPONENTS,),
}
DIRECTIONS = (GroupName.A_TO_B, GroupName.B_TO_A)
SCORES_ARE_CLASSES = (GroupName.KID_WITHIN_CLASSES,)  # scores named after classes, whose names may end in `_spread`: no spreads are read


class Score(NamedTuple):
    """A score and its uncertainty. The protocol states the number of images that it was computed on."""

    value: float  # NaN if it is not defined, or not finite
    spread: float | None = None  # standard deviation over subsets or images, or standard error of a mean; None if not estimated


class Row(NamedTuple):
    """Scores of one set of images, e.g. of the generated ones or of a baseline."""

    name: str  # a RowName, or the value of a truncation
    values: Mapping[str, Score]  # name of the score -> score

    @classmethod
    def from_json(cls, name: str, values: Mapping[str, float | None], spreads: bool = True) -> Self:
        """{score: value, score_spread: spread} -> Row. With `spreads=False`, every entry is a score."""
        numbers = {key: math.nan if value is None else value for key, value in values.items()}
        suffixed = [key for key in values if key.endswith(SPREAD) and key.removesuffix(SPREAD) in values] if spreads else []
        scores = {key: Score(value, numbers[key + SPREAD] if key + SPREAD in suffixed else None) for key, value in numbers.items()}
        return cls(name, {key: score for key, score in scores.items() if key not in suffixed})

    def to_json(self) -> dict[str, float]:
        """Row -> {score: value, score_spread: spread}, the inverse of `from_json`."""
        flat: dict[str, float] = {}
        for name, score in self.values.items():
            flat[name] = score.value
            if score.spread is not None:
                flat[name + SPREAD] = score.spread
        return flat


class Group(NamedTuple):
    """Scores of one kind: those of the recipe itself, and those of its baselines."""

    name: GroupName
    own: Row
    baselines: tuple[Row, ...]

    @property
    def rows(self) -> tuple[Row, ...]:
        """All rows, the recipe's own first."""
        return (self.own, *self.baselines)

    @classmethod
    def from_json(cls, name: str, rows: Mapping[str, Mapping[str, float | None]]) -> Self:
        """{row: {score: value}}, with rows in any order -> Group.

        Raises:
            InputError: no group has this name, or the recipe's own row is missing.
        """
        if name not in [*GroupName]:
            raise InputError(f"Scores: got a group '{name}', expected one of {', '.join(GroupName)}. Evaluate the recipe again.")
        kind = GroupName(name)
        own = next((row for row in OWN[kind] if row in rows), None)
        if own is None:
            expected = " or ".join(f"'{row}'" for row in OWN[kind])
            raise InputError(f"Scores: got the rows {[*rows]} in '{name}', expected {expected} among them. Evaluate the recipe again.")
        read = {row: Row.from_json(row, values, kind not in SCORES_ARE_CLASSES) for row, values in rows.items()}
        return cls(kind, read[own], tuple(row for name, row in read.items() if name != own))

    def to_json(self) -> Rows:
        """Group -> {row: {score: value}}, the inverse of `from_json`, with the recipe's own row first."""
        return {str(row.name): row.to_json() for row in self.rows}


class Headline(NamedTuple):
    """The score by which recipes and their versions are compared."""

    name: str
    value: float
    lower_is_better: bool
    spread: float | None = None  # derived from the rows; not in JSON


class Evaluation(NamedTuple):
    """All scores of a recipe, with their protocol and headline."""

    headline: Headline
    protocol: Protocol
    groups: tuple[Group, ...]
    checkpoint: str = ""  # hash of the scored weights, genlab.engine.weights.digest; "" in files of earlier versions
    selection: Mapping[str, Any] = {}  # how the checkpoint was selected, genlab.training.selection.Selected as JSON; {}: it was not
    life: Mapping[str, Any] = {}  # other budgets and warm restarts, genlab.training.life.Life as JSON; {}: there were none

    @classmethod
    def of(cls, protocol: Protocol, groups: Sequence[Group]) -> Self:
        """Make an evaluation and derive its headline from the groups; see `headline_of`."""
        return cls(headline_of(protocol.extractor, groups), protocol, tuple(groups))

    def group(self, name: GroupName) -> Group | None:
        """Return the group of this name, or None if the recipe has no such scores."""
        return next((group for group in self.groups if group.name == name), None)

    def untrained(self) -> float | None:
        """Value of the headline for the same recipe without training; None if that was not scored."""
        rows = [(group, row) for group in self.groups for row in group.baselines if row.name == RowName.UNTRAINED]
        scored = [group._replace(own=row) for group, row in rows if group.name in (*DIRECTIONS, GroupName.SAMPLES, GroupName.LIKELIHOOD)]
        found = headline_of(self.protocol.extractor, scored) if scored else None
        return found.value if found is not None and found.name == self.headline.name else None

    @classmethod
    def from_json(cls, metrics: Mapping[str, Any]) -> Self:
        """Content of metrics.json -> Evaluation.

        Raises:
            InputError: the headline or the protocol is missing, or a group or the protocol is invalid.
        """
        if missing := [name for name in (HEADLINE, PROTOCOL) if name not in metrics]:
            raise InputError(
                f"Scores: got no {' and no '.join(missing)}, expected the content of a metrics.json. Evaluate the recipe again."
            )
        protocol = Protocol.from_json(metrics[PROTOCOL])
        others = (HEADLINE, PROTOCOL, CHECKPOINT, SELECTION, LIFE)
        groups = tuple(Group.from_json(name, rows) for name, rows in metrics.items() if name not in others)
        written = Headline(**metrics[HEADLINE])
        written = written._replace(value=math.nan if written.value is None else written.value)
        headline = written._replace(spread=headline_spread(written.name, protocol.extractor, groups))
        return cls(headline, protocol, groups, str(metrics.get(CHECKPOINT, "")), metrics.get(SELECTION, {}), metrics.get(LIFE, {}))

    def to_json(self) -> dict[str, Any]:
        """Evaluation -> content of metrics.json, the inverse of `from_json`."""
        headline = {name: value for name, value in self.headline._asdict().items() if name != "spread"}
        stated: dict[str, Any] = {CHECKPOINT: self.checkpoint} if self.checkpoint else {}
        stated |= {SELECTION: dict(self.selection)} if self.selection else {}
        stated |= {LIFE: dict(self.life)} if self.life else {}
        groups = {str(group.name): nulled(group.to_json()) for group in self.groups}
        return {HEADLINE: nulled(headline), PROTOCOL: self.protocol.to_json(), **stated, **groups}


def kid_of(extractor: str) -> str:
    """Return the name of the KID in the features of this extractor, such as `kid_efflite0`; `kid` for the FID Inception network."""
    return in_features_of(extractor, "kid")


def mean_of(score: str) -> str:
    """Return the name of the mean of a score over the directions of translation, such as `kid_efflite0_mean`."""
    return f"{score}_mean"


def headline_of(extractor: str, groups: Sequence[Group]) -> Headline:
    """Return the headline of a recipe: bits per dimension if it has a likelihood, else the KID of its samples or translations.

    A recipe that translates in two directions has the mean KID over both. Lower is better for each of these scores.
    """
    by_name, kid = {group.name: group for group in groups}, kid_of(extractor)
    if GroupName.LIKELIHOOD in by_name:
        name, found = BITS_PER_DIMENSION, [by_name[GroupName.LIKELIHOOD].own.values[BITS_PER_DIMENSION]]
    elif GroupName.SAMPLES in by_name:
        name, found = kid, [by_name[GroupName.SAMPLES].own.values[kid]]
    else:
        found = [group.own.values[kid] for group in groups if group.name in DIRECTIONS]
        name = kid if len(found) == 1 else mean_of(kid)
    value = sum(score.value for score in found) / len(found)
    return Headline(name, value, lower_is_better=True, spread=headline_spread(name, extractor, groups))


def headline_spread(name: str, extractor: str, groups: Sequence[Group]) -> float | None:
    """Return the spread of the headline in the own row of its group, or None if it has none.

    The spread of a mean over K directions is sqrt(s_1^2 + ... + s_K^2) / K, which assumes that the directions are independent.
    """
    by_name, kid = {group.name: group for group in groups}, kid_of(extractor)
    found: Sequence[Score | None]
    if name == mean_of(kid):
        found = [by_name[direction].own.values.get(kid) for direction in DIRECTIONS if direction in by_name]
    else:
        origins = [by_name[origin] for origin in (GroupName.LIKELIHOOD, GroupName.SAMPLES, *DIRECTIONS) if origin in by_name]
        found = [group.own.values[name] for group in origins if name in group.own.values][:1]
    spreads = [score.spread for score in found if score is not None and score.spread is not None]
    return math.hypot(*spreads) / len(spreads) if found and len(spreads) == len(found) else None

"""The result of measuring a claim: values next to those that the theory predicts, tables, pictures and findings."""

import math
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, Protocol, Self

from PIL import Image

from genlab.evaluation.protocol import Json

Relation = Literal["=", "<=", ">="]


class Measurement(NamedTuple):
    """A measured value, and the value or bound that the theory predicts for it."""

    name: str  # what was measured, with its unit if it has one; Markdown with $formulas$
    predicted: float
    measured: float
    tolerance: float = 0.0  # largest deviation from the prediction with which the claim holds
    relation: Relation = "="  # measured = predicted, measured <= predicted, or measured >= predicted, each within the tolerance
    reason: str = ""  # reason of the tolerance, e.g. the finite number of samples

    @property
    def holds(self) -> bool:
        """Whether the measured value satisfies the relation within the tolerance; False if it is not finite and no limit was predicted."""
        if self.measured == self.predicted:  # also if both are infinite
            return True
        excess = self.measured - self.predicted
        distance = {"=": abs(excess), "<=": excess, ">=": -excess}[self.relation]
        return not math.isnan(distance) and distance <= self.tolerance


class Table(NamedTuple):
    """A table of a claim."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""  # Markdown below the table


class Picture(NamedTuple):
    """A picture or an animation with its caption."""

    caption: str  # Markdown, what the picture shows and what to look for
    frames: tuple[Image.Image, ...]  # one: a still picture
    milliseconds: int = 150  # per frame of an animation


class Claim(NamedTuple):
    """A claim of the theory with its measurement."""

    title: str
    statement: str  # the claim and how it is measured; Markdown with $formulas$, paragraphs separated by blank lines
    equation: str  # LaTeX
    source: str  # paper, equation or theorem
    measurements: tuple[Measurement, ...]
    findings: tuple[str, ...] = ()  # what was found, in plain words, also where the claim fails at this budget; Markdown
    tables: tuple[Table, ...] = ()
    pictures: Mapping[str, Picture] = {}  # by file name without suffix

    @property
    def holds(self) -> bool:
        """Whether all measured values are as predicted."""
        return all(measurement.holds for measurement in self.measurements)


class Experiment(Protocol):
    """The measurement of a claim. Its constructor's arguments are the settings in YAML; equal settings and seeds give equal results."""

    def measure(self, seed: int) -> Claim:
        """Measure the claim."""


class Recorded(NamedTuple):
    """A claim as it is stored: without its pictures, whose files are next to it."""

    title: str
    statement: str
    equation: str
    source: str
    measurements: tuple[Measurement, ...]
    findings: tuple[str, ...]
    tables: tuple[Table, ...]
    captions: Mapping[str, str]  # file name of a picture -> its caption

    @property
    def holds(self) -> bool:
        """Whether all measured values are as predicted."""
        return all(measurement.holds for measurement in self.measurements)

    @classmethod
    def of(cls, claim: Claim) -> Self:
        """Leave out the pictures of a claim."""
        captions = {f"{name}.webp": picture.caption for name, picture in claim.pictures.items()}
        said = (claim.title, claim.statement, claim.equation, claim.source)
        return cls(*said, claim.measurements, claim.findings, claim.tables, captions)

    def to_json(self) -> dict[str, Json]:
        """Return the claim as JSON values. Numbers that are not finite are text, e.g. "inf"."""
        rows = [{**each._asdict(), "predicted": stored(each.predicted), "measured": stored(each.measured)} for each in self.measurements]
        tables = [each._asdict() for each in self.tables]
        return {**self._asdict(), "measurements": rows, "tables": tables, "captions": dict(self.captions)}

    @classmethod
    def from_json(cls, values: Mapping[str, Json]) -> Self:
        """Make a claim from the values that `to_json` returns."""
        given: dict[str, Any] = dict(values)
        measurements = tuple(
            Measurement(**{**each, "predicted": float(each["predicted"]), "measured": float(each["measured"])})
            for each in given["measurements"]
        )
        tables = tuple(
            Table(each["title"], tuple(each["columns"]), tuple(map(tuple, each["rows"])), each["note"]) for each in given["tables"]
        )
        return cls(**given | {"measurements": measurements, "tables": tables, "findings": tuple(given["findings"])})


def stored(value: float) -> float | str:
    """A number as JSON has it: text if it is not finite."""
    return value if math.isfinite(value) else str(value)

"""The protocol of an evaluation: how scores were computed, as a type. It imports the standard library
only, and genlab's errors and comparable."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

from genlab.errors import InputError
from genlab.evaluation.comparable import check_comparable, differences

Json = str | int | float | bool | list["Json"] | dict[str, "Json"] | None


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """How scores were computed, in words and numbers. Scores are comparable only if their protocols are equal.

    A field that is None is not part of this protocol. The order of the fields is their order in JSON.
    """

    extractor: str  # name of the feature extractor; part of the names of its scores
    extractor_sha256: str
    resize: str
    split: str  # which images are the reference
    images: Mapping[str, int]  # number of held-out images by domain, or of held-out and generated images
    training_images: int | None = None
    reference_sha256: str | Mapping[str, str]  # of the held-out images, by domain if there are two
    size: tuple[int, int]  # height, width
    # recipes that translate only
    held_out_are_pairs: bool | None = None
    directions: tuple[str, ...] | None = None
    ssim: str | None = None
    ms_ssim: str | None = None
    perceptual: str | None = None
    # recipes that sample only
    samples: str | None = None
    sampling_seed: int | None = None
    kid: str
    kid_spread: str
    precision_recall: str | None = None
    density_coverage: str | None = None
    nearest_training: str | None = None
    ndb: str | None = None
    further: str | None = None
    seed: int  # of subsets, bins and clusters
    # some of the recipes that sample only
    classifier: str | None = None
    labels: str | None = None
    training_sampling: str | None = None
    cas: str | None = None
    path_length: str | None = None
    likelihood: str | None = None

    @classmethod
    def from_json(cls, values: Mapping[str, Json]) -> Self:
        """Make a protocol from the values that `to_json` returns.

        Raises:
            InputError: a field is missing or unknown.
        """
        known = {field.name: field for field in fields(cls)}
        needed = [name for name, field in known.items() if field.default is not None]
        wrong = {"unknown": [name for name in values if name not in known], "missing": [name for name in needed if name not in values]}
        if any(wrong.values()):
            listed = "; ".join(f"{kind}: {', '.join(names)}" for kind, names in wrong.items() if names)
            raise InputError(f"Scores: got a protocol with other fields than expected ({listed}). Evaluate the recipe again.")
        given: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
        return cls(**given)

    def to_json(self) -> dict[str, Json]:
        """Return the fields that are not None, in their order, as JSON values."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items() if value is not None}

    def differences(self, other: "Protocol") -> dict[str, tuple[Any, Any]]:
        """Fields in which another protocol differs from this one -> (value here, value there); see genlab.evaluation.comparable."""
        return differences(self.to_json(), other.to_json())

    def check_comparable(self, name: str, other: "Protocol", other_name: str) -> None:
        """Check that scores under this protocol can be compared with those of another recipe.

        Raises:
            InputError: they cannot; the message names the fields that differ, with both values.
        """
        check_comparable({name: self.to_json(), other_name: other.to_json()})

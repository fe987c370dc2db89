"""What a released sampling model answers: an operation with its rows and options -> a table.

operation     models                             rows     answer
sample        all                                seed     image
interpolate   all                                seed     image: `count` images of a walk through the rows
mix           with styles                        seed     image: coarse styles of the row, fine ones of the seed `fine`
reconstruct   variational autoencoder, mixture   image    image
score         variational autoencoder, mixture   image    log_likelihood, bits_per_dimension
encode        variational autoencoder            image    mean, log_variance
decode        variational autoencoder            latent   image
cluster       with components                    image    component, probabilities
"""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from numbers import Real
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from .deadline import Deadline
from .errors import DecodeError, RequestError
from .images import png
from .inference import Inference, pixels_of
from .latents import path
from .release import LAST_SEED, Release, is_whole, release_at
from .requests import contents_of, rows_of
from .sampler import Sampler, class_number

SEED, IMAGE, LATENT = "seed", "image", "latent"  # columns of requests
BETWEEN = 10  # images of a walk from each seed to the next, if `count` is left out
MOST_SAMPLES = 10_000  # importance samples of a score
Table = dict[str, list[Any]]  # column of the answer -> its values


class Operation(NamedTuple):
    """An operation: the column of its rows, the options that it uses, and the columns of its answer."""

    column: str
    options: tuple[str, ...]
    answer: tuple[str, ...] = (IMAGE,)


OPERATIONS = {
    "sample": Operation(SEED, ("truncation", "count", "label")),
    "interpolate": Operation(SEED, ("truncation", "count", "label")),
    "mix": Operation(SEED, ("truncation", "label", "fine", "crossover")),
    "reconstruct": Operation(IMAGE, ("label",)),
    "score": Operation(IMAGE, ("label", "samples"), ("log_likelihood", "bits_per_dimension")),
    "encode": Operation(IMAGE, ("label",), ("mean", "log_variance")),
    "decode": Operation(LATENT, ("label",)),
    "cluster": Operation(IMAGE, ("label",), ("component", "probabilities")),
}


def options_of(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The options that a model has, each with its default value."""
    options: dict[str, Any] = {"truncation": 1.0 if facts.get("truncates") == "styles" else 0.0, "count": 1}
    if facts["classes"]:
        options["label"] = ""
    if "mix" in operations_of(facts):
        options |= {"fine": 0, "crossover": facts["layers"] // 2}
    return options | ({"samples": 100} if "score" in operations_of(facts) else {}) | {"operation": "sample"}


def operations_of(facts: Mapping[str, Any]) -> list[str]:
    """Names of the operations that a model has, in the order of OPERATIONS."""
    networks: Mapping[str, Sequence[str]] = facts.get("inference", {}).get("networks", {})
    has = {
        "mix": "layers" in facts,
        "reconstruct": bool(networks),
        "score": bool(networks),
        "encode": "encoder" in networks,
        "decode": "encoder" in networks,
        "cluster": any("log_joint" in outputs for outputs in networks.values()),
    }
    return [name for name in OPERATIONS if has.get(name, True)]


def columns_of(facts: Mapping[str, Any]) -> list[str]:
    """Columns that requests to a model can have, the one of seeds first."""
    return list(dict.fromkeys(OPERATIONS[name].column for name in operations_of(facts)))


def answers_of(facts: Mapping[str, Any]) -> list[str]:
    """Columns that answers of a model can have, the one of images first."""
    return list(dict.fromkeys(column for name in operations_of(facts) for column in OPERATIONS[name].answer))


class Answerer:
    """A released sampling model that answers requests for all of its operations."""

    def __init__(self, release: str | Path | Release):
        opened = release_at(release)
        self.facts = opened.facts
        self.operations, self.defaults = operations_of(self.facts), options_of(self.facts)
        self.sampler = Sampler(opened)
        self.inference = Inference(opened) if "inference" in self.facts else None
        self.answers: dict[str, Callable[[list[Any], dict[str, Any], Deadline], Table]] = {
            "sample": self.sample,
            "interpolate": self.interpolate,
            "mix": self.mix,
            "decode": self.decode,
        }

    def answer(
        self,
        columns: Mapping[str, Sequence[Any]],  # of the request, by name
        options: Mapping[str, Any] | None = None,  # by name; those that are missing have their default
        seconds: float = math.inf,  # longest time for the answer
    ) -> Table:
        """Answer a request.

        Raises:
            RequestError: the operation, a column, an option or a value is invalid, or too much is requested.
            LateError: the time is over; a RequestError, too.
        """
        given = {**self.defaults, **(options or {})}
        name = given["operation"]
        if name not in self.operations:
            raise RequestError(f"operation: got {name!r}, expected one of: {', '.join(self.operations)}.")
        operation = OPERATIONS[name]
        if list(columns) != [operation.column]:
            got = ", ".join(map(repr, columns)) or "a column without a name"
            raise RequestError(
                f"operation {name}: got {got}, expected the column '{operation.column}', "
                f'e.g. {{"inputs": {{"{operation.column}": [...]}}}}.'
            )
        for option, default in self.defaults.items():
            if option not in ("operation", *operation.options) and given[option] != default:
                used = ", ".join(each for each in operation.options if each in self.defaults)
                raise RequestError(f"{option}: got {given[option]!r}, which the operation {name} does not use. It uses: {used}.")
        deadline = Deadline(seconds)
        if operation.column == IMAGE:
            return self.inferred(name, contents_of(columns[IMAGE]), given, deadline)
        return self.answers[name](rows_of(columns[operation.column]), given, deadline)

    def sample(self, seeds: list[Any], options: dict[str, Any], deadline: Deadline) -> Table:
        """Images of seeds, as PNG files."""
        label = {"label": options["label"]} if "label" in options else {}
        return {IMAGE: self.sampler.images(seeds, options["truncation"], options["count"], **label, seconds=deadline.seconds)}

    def interpolate(self, seeds: list[Any], options: dict[str, Any], deadline: Deadline) -> Table:
        """`count` images on great circles from each seed to the next. Class and noise are those of the first seed."""
        count, most = options["count"], self.sampler.limits.images
        self.sampler.checked(seeds, 1)
        if len(seeds) < 2:
            raise RequestError(f"seed: got {len(seeds)} row, expected two or more to walk from one to the next.")
        if count == self.defaults["count"]:
            count = min(BETWEEN * (len(seeds) - 1) + 1, most)
        if not (is_whole(count) and len(seeds) <= count <= most):
            raise RequestError(f"count: got {count}, expected the images of the whole walk, {len(seeds)} (one per row) to {most}.")
        psi, number = self.sampler.bound_of(options["truncation"]), self.number(options)
        drawn = [self.sampler.drawn(int(seed), psi) for seed in seeds]
        latents = path(np.stack([each.latent for each in drawn]), count)
        inputs = [drawn[0]._replace(latent=latent) for latent in latents]
        return {IMAGE: self.made([partial(self.sampler.pixels, each, psi, number) for each in inputs], deadline)}

    def mix(self, seeds: list[Any], options: dict[str, Any], deadline: Deadline) -> Table:
        """Images with the coarse styles of each row's seed and the fine styles of the seed `fine`, from layer `crossover` on."""
        fine, crossover, layers = options["fine"], options["crossover"], self.facts["layers"]
        checked = self.sampler.checked(seeds, 1)
        if not (is_whole(fine) and 0 <= fine <= LAST_SEED):
            raise RequestError(f"fine: got {fine}, expected the seed of the fine styles, a whole number, 0 to {LAST_SEED}.")
        if not (is_whole(crossover) and 0 <= crossover <= layers):
            raise RequestError(f"crossover: got {crossover}, expected the first layer with the styles of `fine`, 0 to {layers}.")
        psi, number = self.sampler.bound_of(options["truncation"]), self.number(options)
        second = self.sampler.drawn(int(fine), psi).latent

        def mixed(seed: int) -> np.ndarray:
            return self.sampler.pixels(self.sampler.drawn(seed, psi), psi, number, second, int(crossover))

        return {IMAGE: self.made([partial(mixed, seed) for seed in checked], deadline)}

    def decode(self, rows: list[Any], options: dict[str, Any], deadline: Deadline) -> Table:
        """Images of latents z, as PNG files."""
        inference, label = self.inferring(), self.needed(options)
        latents = [self.latent(row, number) for number, row in enumerate(grouped(rows, self.sampler.limits.images))]
        return {IMAGE: self.made([partial(inference.decode, z, label) for z in latents], deadline)}

    def latent(self, value: Any, row: int) -> np.ndarray:
        """A latent of a request as an array (D,).

        Raises:
            RequestError: it is not a list of D finite numbers.
        """
        size = self.inferring().latent_size
        numbers = list(value) if isinstance(value, list | tuple | np.ndarray) else [value]
        if len(numbers) != size or not all(
            isinstance(each, Real) and not isinstance(each, bool) and math.isfinite(each) for each in numbers
        ):
            raise RequestError(f"row {row}: latent: got {str(value)[:60]}, expected a list of {size} finite numbers.")
        return np.array(numbers, np.float32)

    def inferred(self, name: str, contents: list[Any], options: dict[str, Any], deadline: Deadline) -> Table:
        """Answer an operation on images of files, one row each."""
        inference, samples = self.inferring(), options["samples"]
        if len(contents) > self.sampler.limits.images:
            raise RequestError(f"got {len(contents):,} rows, expected at most {self.sampler.limits.images:,}: send several requests.")
        if not (is_whole(samples) and 1 <= samples <= MOST_SAMPLES):
            raise RequestError(f"samples: got {samples}, expected a whole number, 1 to {MOST_SAMPLES:,}.")
        label, left, rows = self.needed(options), self.sampler.limits.pixels, []
        for row, content in enumerate(contents):
            with self.sampler.turn:
                deadline.check()
                pixels, count = self.pixels(content, row, left)
                left -= count
                rows.append(self.of_image(name, inference, pixels, label, int(samples)))
        return {column: [found[column] for found in rows] for column in rows[0]} if rows else {}

    def of_image(self, name: str, inference: Inference, pixels: np.ndarray, label: int, samples: int) -> dict[str, Any]:
        """Answer an operation on the pixels of one image, uint8 (H, W, C)."""
        if name == "reconstruct":
            return {IMAGE: png(inference.reconstruct(pixels, label))}
        if name == "score":
            score = inference.score(pixels, label, samples=samples)
            return {"log_likelihood": score.nats, "bits_per_dimension": score.bits_per_dimension}
        if name == "encode":
            mean, log_variance = inference.encode(pixels, label)
            return {"mean": mean.tolist(), "log_variance": log_variance.tolist()}
        shares = inference.responsibilities(pixels, label)
        return {"component": int(shares.argmax()), "probabilities": shares.tolist()}

    def pixels(self, content: Any, row: int, left: int) -> tuple[np.ndarray, int]:
        """Pixels of an image file, uint8 (H, W, C) of the training size, and the number of pixels of the file, at most `left`.

        Raises:
            RequestError: it is not the bytes of an image file, or has too many pixels.
        """
        try:
            return pixels_of(content, self.facts, left)
        except DecodeError as error:
            raise RequestError(f"row {row}: not an image that can be read: {error}. Expected an image file; in JSON, as base64.") from None

    def made(self, images: Sequence[Callable[[], np.ndarray]], deadline: Deadline) -> list[bytes]:
        """Compute images one at a time, as PNG files."""
        files = []
        for image in images:
            with self.sampler.turn:
                deadline.check()
                files.append(png(image()))
        return files

    def number(self, options: Mapping[str, Any]) -> int | None:
        """Number of the requested class; None if none was requested."""
        return class_number(options["label"], self.sampler.classes) if options.get("label") else None

    def needed(self, options: Mapping[str, Any]) -> int:
        """Number of the class of pictures or latents; 0 for an unconditional model.

        Raises:
            RequestError: the model is conditional, and no class is requested.
        """
        label, classes = self.number(options), self.sampler.classes
        if classes and label is None:
            known = ", ".join(f"{each} ({number})" for number, each in enumerate(classes))
            raise RequestError(f"label: got '', expected the class of the rows, one of {known}: the model is conditional on it.")
        return label or 0

    def inferring(self) -> Inference:
        """The networks that infer; operations that need them are refused for models without."""
        assert self.inference is not None
        return self.inference


def grouped(rows: list[Any], most: int) -> list[Any]:
    """Rows of latents. MLflow may have put the numbers of a single latent into one cell each.

    Raises:
        RequestError: there are more rows than allowed.
    """
    if rows and not any(isinstance(row, list | tuple | np.ndarray) for row in rows):
        rows = [rows]
    if len(rows) > most:
        raise RequestError(f"got {len(rows):,} rows, expected at most {most:,}: send several requests.")
    return rows

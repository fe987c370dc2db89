"""A released sampling network: seeds in, PNG files out."""

import math
from collections.abc import Sequence
from numbers import Integral, Real
from pathlib import Path
from typing import Literal

import numpy as np

from .errors import RequestError
from .images import png, to_bytes
from .release import LAST_SEED, open_network, read_facts
from .truncation import truncated

MOST = 1000  # images from one seed on

Truncation = float | Literal["as trained"]


class Sampler:
    """The sampling network in a release folder (release.json, generator.onnx).

    A seed's generator draws the latent, then the label, then the noise, where the model takes these: none depends on what comes after it.
    """

    def __init__(self, folder: str | Path):
        self.facts = read_facts(Path(folder))
        self.classes: list[str] = self.facts["classes"]
        self.truncates_styles = self.facts.get("truncates") == "styles"
        self.session = open_network(Path(folder) / "generator.onnx")

    def images(
        self,
        seeds: Sequence[int],  # from 0 on
        truncation: Truncation = "as trained",  # bound of the latent's numbers, 0 for none; if the model truncates styles: psi, 0 to 1
        count: int = 1,  # images per seed
        label: str | None = "",  # of a conditional model: a class's name, or its number as text; "": each seed has its own
    ) -> list[bytes]:
        """Seeds -> PNG files; for each seed those of seed, seed + 1, ..., `count` of them. Equal seeds give equal images.

        A lower truncation gives less variety and more typical images: psi 0 is the mean of the styles, psi 1 the styles as trained.

        Raises:
            RequestError: a seed, truncation, count or label that the model doesn't take.
        """
        bound = self.bound_of(truncation)
        if not (isinstance(count, Integral) and 1 <= count <= MOST):
            raise RequestError(f"count: got {count}, expected a whole number, 1 to {MOST}.")
        number = class_number(label, self.classes) if label else None
        last = LAST_SEED - count + 1
        for row, seed in enumerate(seeds):
            if not (isinstance(seed, Integral) and 0 <= seed <= last):
                limit = f"{last} with a count of {count}" if count > 1 else last
                raise RequestError(f"row {row}: seed: got {seed}, expected a whole number, 0 to {limit}.")
        return [self.sample(each, bound, number) for seed in seeds for each in range(int(seed), int(seed) + count)]

    def bound_of(self, truncation: Truncation) -> float:
        """The number that a request's truncation stands for.

        Raises:
            RequestError: it is none, or out of range.
        """
        if truncation == "as trained":
            return 1.0 if self.truncates_styles else 0.0
        most, expected = (1, "psi, a number from 0 to 1") if self.truncates_styles else (math.inf, "a positive number, or 0 for none")
        if not (isinstance(truncation, Real) and 0 <= truncation <= most):  # NaN isn't, either
            raise RequestError(f"truncation: got {truncation}, expected {expected}.")
        return float(truncation)

    def sample(self, seed: int, truncation: float, label: int | None = None) -> bytes:
        """A seed -> its image as a PNG file. One at a time: in a batch the last bits depend on the others."""
        random = np.random.default_rng(seed)
        latent = random.standard_normal(self.facts["latent_size"])
        if not self.truncates_styles:
            latent = truncated(latent, truncation or math.inf)
        inputs = {"latent": latent.astype(np.float32)[None]}
        if self.classes:
            own = random.integers(len(self.classes))  # drawn also where another is asked for: the noise comes after it
            inputs["label"] = np.array([own if label is None else label], np.int64)
        if self.truncates_styles:
            inputs["noise"] = random.standard_normal((1, self.facts["noise_size"])).astype(np.float32)
            inputs["truncation"] = np.array([truncation], np.float32)
        (image,) = self.session.run(None, inputs)
        return png(to_bytes(image[0]))


def class_number(label: str, classes: Sequence[str]) -> int:
    """A class's name, or its number as text -> its number. A name takes precedence: classes may have other classes' numbers as names.

    Raises:
        RequestError: neither.
    """
    numbers = {str(number): number for number in range(len(classes))} | {name: number for number, name in enumerate(classes)}
    if label not in numbers:
        known = ", ".join(f"{name} ({number})" for number, name in enumerate(classes))
        raise RequestError(f"label: got '{label}', expected one of {known}; or '' for one by the seed.")
    return numbers[label]

"""Released sampling networks: seeds -> PNG files."""

import math
from collections.abc import Sequence
from numbers import Integral, Real
from pathlib import Path
from typing import Literal

import numpy as np

from .errors import RequestError
from .images import png, to_bytes
from .latents import Drawn, of_seed
from .release import LAST_SEED, Release, release_at

MAX_COUNT = 1000  # largest number of images per seed

Truncation = float | Literal["as trained"]


class Sampler:
    """The sampling network in a release folder (release.json, generator.onnx). The inputs of a seed are those of genlab.serving.latents."""

    def __init__(self, release: str | Path | Release):
        opened = release_at(release)
        self.facts = opened.facts
        self.classes: list[str] = self.facts["classes"]
        self.truncates_styles = self.facts.get("truncates") == "styles"
        self.session = opened.open("generator")

    def images(
        self,
        seeds: Sequence[int],  # 0 or more
        truncation: Truncation = "as trained",  # bound of the latents, 0: none; for a style-based model psi, 0 to 1
        count: int = 1,  # images per seed
        label: str | None = "",  # class of a conditional model, by name or by number as text; "": drawn from the seed
    ) -> list[bytes]:
        """Generate images as PNG files: `count` images for each seed, those of seed, seed + 1, ... Equal seeds give equal images.

        Lower truncation gives less variety and more typical images: psi 0 is the mean of the styles, psi 1 leaves them unchanged.

        Raises:
            RequestError: a seed, truncation, count or label is invalid for the model.
        """
        bound = self.bound_of(truncation)
        if not (isinstance(count, Integral) and 1 <= count <= MAX_COUNT):
            raise RequestError(f"count: got {count}, expected a whole number, 1 to {MAX_COUNT}.")
        number = class_number(label, self.classes) if label else None
        last = LAST_SEED - count + 1
        for row, seed in enumerate(seeds):
            if not (isinstance(seed, Integral) and 0 <= seed <= last):
                limit = f"{last} with a count of {count}" if count > 1 else last
                raise RequestError(f"row {row}: seed: got {seed}, expected a whole number, 0 to {limit}.")
        return [self.sample(each, bound, number) for seed in seeds for each in range(int(seed), int(seed) + count)]

    def bound_of(self, truncation: Truncation) -> float:
        """Convert the truncation of a request to a number.

        Raises:
            RequestError: it is not a number, or out of range.
        """
        if truncation == "as trained":
            return 1.0 if self.truncates_styles else 0.0
        most, expected = (1, "psi, a number from 0 to 1") if self.truncates_styles else (math.inf, "a positive number, or 0 for none")
        if not (isinstance(truncation, Real) and 0 <= truncation <= most):  # also refuses NaN
            raise RequestError(f"truncation: got {truncation}, expected {expected}.")
        return float(truncation)

    def sample(self, seed: int, truncation: float, label: int | None = None) -> bytes:
        """Generate the image of a seed as a PNG file."""
        return png(self.pixels(self.drawn(seed, truncation), truncation, label))

    def drawn(self, seed: int, truncation: float) -> Drawn:
        """Draw the inputs of a seed, with a truncation as returned by `bound_of`."""
        bound = math.inf if self.truncates_styles else truncation or math.inf
        return of_seed(seed, self.facts["latent_size"], len(self.classes), self.facts.get("noise_size", 0), bound)

    def pixels(
        self,
        drawn: Drawn,
        truncation: float,  # psi; used only if the model truncates styles
        label: int | None = None,  # number of a class; None: the label in `drawn`
    ) -> np.ndarray:
        """Generate one image, uint8 (H, W, C). Images are computed one by one, since last bits depend on the batch."""
        inputs = {"latent": drawn.latent[None]}
        if self.classes:
            inputs["label"] = np.array([drawn.label if label is None else label], np.int64)
        if self.truncates_styles:
            inputs["noise"] = drawn.noise[None]
            inputs["truncation"] = np.array([truncation], np.float32)
        (image,) = self.session.run(None, inputs)
        return to_bytes(image[0])


def class_number(label: str, classes: Sequence[str]) -> int:
    """Number of a class, given by its name or by its number as text. Names take precedence, since names may look like numbers.

    Raises:
        RequestError: there is no such class.
    """
    numbers = {str(number): number for number in range(len(classes))} | {name: number for number, name in enumerate(classes)}
    if label not in numbers:
        known = ", ".join(f"{name} ({number})" for number, name in enumerate(classes))
        raise RequestError(f"label: got '{label}', expected one of {known}; or '' for one by the seed.")
    return numbers[label]

"""Released sampling networks: seeds -> PNG files."""

import math
import threading
from collections.abc import Sequence
from numbers import Real
from pathlib import Path
from typing import Literal

import numpy as np

from .deadline import Deadline
from .errors import RequestError
from .images import png, to_bytes
from .latents import Drawn, of_seed
from .limits import Limits
from .release import LAST_SEED, Release, is_whole, release_at

Truncation = float | Literal["as trained"]


class Sampler:
    """The sampling network in a release folder (release.json, generator.onnx). The inputs of a seed are those of genlab.serving.latents.

    Images are computed one at a time, also if several threads call `images`.
    """

    def __init__(self, release: str | Path | Release):
        opened = release_at(release)
        self.facts = opened.facts
        self.classes: list[str] = self.facts["classes"]
        self.truncates_styles = self.facts.get("truncates") == "styles"
        self.layers: int = self.facts.get("layers", 0)  # styles per image, of a network that mixes them; 0: it does not
        self.limits = Limits.of(self.facts)
        self.turn = threading.Lock()  # held by the thread that computes an image
        self.session = opened.open("generator")

    def images(
        self,
        seeds: Sequence[int],  # 0 or more
        truncation: Truncation = "as trained",  # bound of the latents, 0: none; for a style-based model psi, 0 to 1
        count: int = 1,  # images per seed
        label: str | None = "",  # class of a conditional model, by name or by number as text; "": drawn from the seed
        seconds: float = math.inf,  # longest time for all images
    ) -> list[bytes]:
        """Generate images as PNG files: `count` images for each seed, those of seed, seed + 1, ... Equal seeds give equal images.

        Lower truncation gives less variety and more typical images: psi 0 is the mean of the styles, psi 1 leaves them unchanged.

        Raises:
            RequestError: a seed, truncation, count or label is invalid for the model, or too many images are requested.
            LateError: the time is over; a RequestError, too.
        """
        deadline = Deadline(seconds)
        bound = self.bound_of(truncation)
        number = class_number(label, self.classes) if label else None
        numbers = [each for seed in self.checked(seeds, count) for each in range(seed, seed + count)]
        images = []
        for seed in numbers:
            with self.turn:
                deadline.check()
                images.append(self.sample(seed, bound, number))
        return images

    def checked(self, seeds: Sequence[int], count: int) -> list[int]:
        """Return the seeds of a request.

        Raises:
            RequestError: a seed or the count is not a whole number in its range, or too many images are requested.
        """
        most = self.limits.images
        if not (is_whole(count) and 1 <= count <= most):
            raise RequestError(f"count: got {count}, expected a whole number, 1 to {most}.")
        if len(seeds) * count > most:
            raise RequestError(f"{len(seeds):,} rows x count {count} are more than {most:,} images: send fewer rows, or a lower `count`.")
        last = LAST_SEED - count + 1
        for row, seed in enumerate(seeds):
            if not (is_whole(seed) and 0 <= seed <= last):
                limit = f"{last} with a count of {count}" if count > 1 else last
                got = repr(seed) if isinstance(seed, str) else seed
                raise RequestError(f"row {row}: seed: got {got}, expected a whole number, 0 to {limit}.")
        return [int(seed) for seed in seeds]

    def bound_of(self, truncation: Truncation) -> float:
        """Convert the truncation of a request to a number.

        Raises:
            RequestError: it is not a number, or out of range.
        """
        if truncation == "as trained":
            return 1.0 if self.truncates_styles else 0.0
        most, expected = (1, "psi, a number from 0 to 1") if self.truncates_styles else (math.inf, "a positive number, or 0 for none")
        if not (isinstance(truncation, Real) and not isinstance(truncation, bool) and 0 <= truncation <= most):  # also refuses NaN
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
        second: np.ndarray | None = None,  # latent (latent_size,) of the styles from layer `crossover` on; None: those of `drawn`
        crossover: int | None = None,  # None: all layers have the styles of `drawn`
    ) -> np.ndarray:
        """Generate one image, uint8 (H, W, C). Images are computed one by one, since last bits depend on the batch."""
        inputs = {"latent": drawn.latent[None]}
        if self.classes:
            inputs["label"] = np.array([drawn.label if label is None else label], np.int64)
        if self.truncates_styles:
            inputs["noise"] = drawn.noise[None]
            inputs["truncation"] = np.array([truncation], np.float32)
        if self.layers:
            inputs["second"] = (drawn.latent if second is None else second)[None]
            inputs["crossover"] = np.array([self.layers if crossover is None else crossover], np.int64)
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

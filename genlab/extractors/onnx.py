"""Features of a network that the user brings as an ONNX file."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from genlab.engine.files import sha256
from genlab.engine.paths import expanded
from genlab.errors import InputError
from genlab.extractors.batches import in_batches
from genlab.extractors.feature_cache import CachedFeatures, key_of
from genlab.extractors.onnx_checks import check_input, feature_output, opened
from genlab.extractors.resizing import antialiased, in_colour
from genlab.images.prepared_set import PreparedSet


class Onnx:
    """uint8 images (N, H, W, 3) or grey (N, H, W, 1) -> float32 features (N, D), an output of an ONNX file.

    The file has one input, float32 (N, 3, side, side): images are resized to the side (bilinear, antialiased), divided by 255 and
    normalised as (x - mean) / std. Scores carry the first 8 digits of the file's SHA-256: `kid_onnx_0123abcd`.

    Raises:
        InputError: the file does not exist, is no ONNX file, or has other inputs or outputs than these.
    """

    def __init__(
        self,
        file: str,  # path; it must contain its weights
        side: int,  # pixels, as the network was trained
        mean: Sequence[float],  # of red, green and blue, of values in [0, 1]; e.g. [0.485, 0.456, 0.406]
        std: Sequence[float],  # e.g. [0.229, 0.224, 0.225]
        output: str | None = None,  # name of the output; None: the first
        pool: bool = False,  # take means of an output (N, D, h, w) over its positions
        cache: str | Path = ".genlab/extractors",  # folder of the features of image sets
        batch_size: int = 16,
        threads: int | None = None,  # None: torch's number of threads
    ):
        self.arguments = (file, side, mean, std, output, pool, cache, batch_size, threads or torch.get_num_threads())
        path = expanded(file)
        self.mean, self.std = (channels(values, name) for values, name in ((mean, "mean"), (std, "std")))
        if not (self.std > 0).all():
            raise InputError(f"onnx: got std {list(std)}, expected three positive numbers.")
        self.threads = threads or torch.get_num_threads()
        self.session: Any = opened(path, self.threads)
        self.input, fixed = check_input(self.session, path, side)
        self.side, self.pool, self.cache, self.batch_size = side, pool, expanded(cache), fixed or batch_size
        self.output = feature_output(self.session, path, output, np.zeros((1, 3, side, side), np.float32), self.input, pool)
        self.sha256 = sha256(path)
        self.name = f"onnx_{self.sha256[:8]}"
        self.resize = (
            f"bilinear, antialiased, {side} px; (x / 255 - mean) / std, mean {as_text(mean)}, std {as_text(std)}; "
            f"output '{self.output}'{', means over positions' if pool else ''}"
        )

    def prepared(self, images: PreparedSet) -> "Onnx":
        """The same extractor, for every image set."""
        return self

    def __reduce__(self) -> tuple[type, tuple[Any, ...]]:
        return type(self), self.arguments  # other processes open a session of their own

    def __call__(self, images: np.ndarray) -> np.ndarray:
        return in_batches(self.compute, images, self.batch_size)

    def of_set(self, images: PreparedSet, indices: np.ndarray) -> np.ndarray:
        """Features of the images at these indices of a set, (N, D), read-only. They are computed once and cached."""
        return self.cached(images, indices).features()

    def cached(self, images: PreparedSet, indices: np.ndarray) -> CachedFeatures:
        """Describe these features: their file, and how they are computed."""
        key = key_of(self.sha256, [__file__], [self.resize, self.batch_size, self.threads])
        return CachedFeatures.of(self.cache, images, indices, key, self, self.batch_size)

    def compute(self, images: np.ndarray) -> np.ndarray:
        """The features of one batch."""
        inputs = (antialiased(in_colour(images), self.side).numpy() / np.float32(255) - self.mean) / self.std
        found: np.ndarray = self.session.run([self.output], {self.input: inputs})[0]
        return found.mean((2, 3)) if self.pool else found


def channels(values: Sequence[float], name: str) -> np.ndarray:
    """Numbers of red, green and blue -> float32 (3, 1, 1).

    Raises:
        InputError: there are not three numbers.
    """
    if len(values) != 3 or not all(isinstance(value, int | float) for value in values):
        raise InputError(f"onnx: got {name} {list(values)}, expected three numbers, of red, green and blue.")
    return np.array(values, np.float32)[:, None, None]


def as_text(values: Sequence[float]) -> str:
    """Numbers as text, e.g. (0.485, 0.456, 0.406)."""
    return f"({', '.join(f'{value:g}' for value in values)})"

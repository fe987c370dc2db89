"""Mean, standard deviation and range of the pixels of images, computed for many images of one size at a time."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

TOGETHER = 1 << 20  # largest number of values of images that are computed together
CACHED = 24_576  # values that are computed at a time, so that they stay in the processor's cache


class Moments(NamedTuple):
    """Properties of an RGB image."""

    mean: float  # of all values
    std: float  # root mean square deviation from the mean colour, over pixels and channels
    low: int
    high: int


def moments(images: Sequence[np.ndarray]) -> list[Moments]:
    """Images uint8 (H, W, 3) of any sizes -> their moments, in the same order.

    The mean and the deviation equal `image.mean()` and `image.var(axis=(0, 1)).mean() ** 0.5` to the last digit: numpy adds the colours of
    an image one after another, three values at a time, and here those of all images together.
    """
    found: list[Moments | None] = [None] * len(images)
    for numbers in groups(images):
        for number, each in zip(numbers, of_one_size([images[number] for number in numbers]), strict=True):
            found[number] = each
    return [each for each in found if each is not None]


def groups(images: Sequence[np.ndarray]) -> Iterator[list[int]]:
    """Yield the numbers of images with equally many pixels, of at most TOGETHER values."""
    by_size: dict[int, list[int]] = {}
    for number, image in enumerate(images):
        by_size.setdefault(image.size, []).append(number)
    for size, numbers in by_size.items():
        count = max(1, TOGETHER // size)
        yield from (numbers[start : start + count] for start in range(0, len(numbers), count))


def of_one_size(images: Sequence[np.ndarray]) -> list[Moments]:
    """Moments of images with equally many pixels."""
    values = np.stack([image.reshape(-1) for image in images])  # (N, pixels x 3)
    lanes, count = 3 * len(values), values.shape[1] // 3
    sums, squares = np.zeros(lanes), np.zeros(lanes)
    for rows in lines(values):
        sums += np.add.reduce(rows, axis=0)  # exact
    colours = sums / count
    for rows in lines(values):
        rows -= colours
        rows *= rows
        rows[0] += squares  # the sum so far comes first
        squares = np.add.reduce(rows, axis=0)
    means = sums.reshape(3, -1).sum(0) / (3 * count)
    variances = np.ascontiguousarray((squares / count).reshape(3, -1).T).mean(1)
    parts = zip(means, variances, values.min(1), values.max(1), strict=True)
    # The power of a number: that of an array is a square root, with another last digit for one in 300 images.
    return [Moments(float(mean), float(variance) ** 0.5, int(low), int(high)) for mean, variance, low, high in parts]


def lines(values: np.ndarray) -> Iterator[np.ndarray]:
    """Values uint8 (N, pixels x 3) -> blocks of pixels as numbers, (K, 3 x N): a row has one pixel of each image, colour by colour.

    The blocks share their memory.
    """
    step = 3 * max(1, CACHED // (3 * len(values)))
    block = np.empty((step, len(values)))
    for start in range(0, values.shape[1], step):
        part = values[:, start : start + step].T
        np.copyto(block[: len(part)], part)
        yield block[: len(part)].reshape(-1, 3 * len(values))

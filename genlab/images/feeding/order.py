"""The endless order of training images: the image at a position is a function of (seed, position)."""

from collections.abc import Sequence

import numpy as np

from genlab.engine.seeding import mix


def natural(
    places: np.ndarray,
    images: np.ndarray,
    seed: int,
    order: int,  # selects one of several independent orders; two unpaired domains use 0 and 1
) -> np.ndarray:
    """Positions (N,) -> image indices (N,). Each pass contains every image once, in a different order."""
    chosen: np.ndarray = images[shuffled_passes(places, len(images), seed, order)]
    return chosen


def balanced(places: np.ndarray, classes: Sequence[np.ndarray], seed: int) -> np.ndarray:
    """Positions (N,) and the image indices of each of C non-empty classes -> image indices (N,), with all classes equally often.

    Each block of C positions contains every class once. Block k contains the k-th image of the endless order of each class, so that
    images of small classes occur more often than those of large ones.
    """
    chosen, turns = shuffled_passes(places, len(classes), seed, 0), places // len(classes)
    images = np.empty_like(places)
    for number in np.unique(chosen).tolist():
        here, members = chosen == number, classes[number]
        images[here] = members[shuffled_passes(turns[here], len(members), seed, 1 + number)]
    return images


def shuffled_passes(places: np.ndarray, count: int, seed: int, order: int) -> np.ndarray:
    """Positions (N,) -> numbers below `count`, (N,), in an endless order that is shuffled again for each pass."""
    passes, within = np.divmod(places, count)
    shuffles = {number: shuffled(count, mix(seed, number, order)) for number in dict.fromkeys(passes.tolist())}
    return np.array([shuffles[number][place] for number, place in zip(passes.tolist(), within.tolist(), strict=True)])


_orders: dict[tuple[int, int], np.ndarray] = {}


def shuffled(count: int, seed: int) -> np.ndarray:
    """Random permutation of 0 to count - 1. A few recent ones are cached."""
    if (count, seed) not in _orders:
        if len(_orders) > 4:
            _orders.clear()
        _orders[count, seed] = np.random.default_rng(seed).permutation(count)
    return _orders[count, seed]


def evenly_spaced(indices: np.ndarray, count: int) -> np.ndarray:
    """At most `count` of the indices (N,), evenly spaced from the first to the last; all of them if there are fewer."""
    chosen: np.ndarray = indices[np.linspace(0, len(indices) - 1, min(count, len(indices))).astype(int)]
    return chosen

"""Which training image stands where in the endless order of training: a function of (seed, place)."""

from collections.abc import Sequence

import numpy as np

from genlab.engine.seeding import mix


def natural(
    places: np.ndarray,
    images: np.ndarray,
    seed: int,
    order: int,  # another number for another order: of two domains each has its own
) -> np.ndarray:
    """Places (N,) -> images (N,), each once a pass, in an order anew for each pass."""
    chosen: np.ndarray = images[shuffled_passes(places, len(images), seed, order)]
    return chosen


def balanced(places: np.ndarray, classes: Sequence[np.ndarray], seed: int) -> np.ndarray:
    """Places (N,), the images of each of C classes, none of them empty -> images (N,), of all classes equally often.

    C places from a multiple of C on are a block, which holds every class once. So a class comes for the k-th time in block k, and
    shows the k-th image of an endless order of its own: a small class goes through its images more often than a large one.
    """
    chosen, turns = shuffled_passes(places, len(classes), seed, 0), places // len(classes)
    images = np.empty_like(places)
    for number in np.unique(chosen).tolist():
        here, members = chosen == number, classes[number]
        images[here] = members[shuffled_passes(turns[here], len(members), seed, 1 + number)]
    return images


def shuffled_passes(places: np.ndarray, count: int, seed: int, order: int) -> np.ndarray:
    """What of 0 .. count - 1 stands in these places (N,) of their endless order, reshuffled for each pass, (N,)."""
    passes, within = np.divmod(places, count)
    shuffles = {number: shuffled(count, mix(seed, number, order)) for number in dict.fromkeys(passes.tolist())}
    return np.array([shuffles[number][place] for number, place in zip(passes.tolist(), within.tolist(), strict=True)])


_orders: dict[tuple[int, int], np.ndarray] = {}


def shuffled(count: int, seed: int) -> np.ndarray:
    """A permutation of 0 .. count - 1; the last few are remembered."""
    if (count, seed) not in _orders:
        if len(_orders) > 4:
            _orders.clear()
        _orders[count, seed] = np.random.default_rng(seed).permutation(count)
    return _orders[count, seed]


def evenly_spaced(indices: np.ndarray, count: int) -> np.ndarray:
    """`count` of the indices (N,), evenly spaced from the first to the last; all of them if they are fewer."""
    chosen: np.ndarray = indices[np.linspace(0, len(indices) - 1, min(count, len(indices))).astype(int)]
    return chosen

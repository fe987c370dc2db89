"""Damage by the choice of images: few modes, missing classes, memorised training images. Indices of a set -> indices of as many images."""

import numpy as np

from genlab.errors import InputError


def collapsed(
    indices: np.ndarray,  # (N,)
    modes: int,  # number of different images that are left
    seed: int = 0,
) -> np.ndarray:
    """Repeat a random few of the images, each as often as the others (up to one), (N,).

    Raises:
        InputError: there are fewer images than modes, or no modes.
    """
    if not 1 <= modes <= len(indices):
        raise InputError(f"collapsed: got {modes} modes of {len(indices)} images, expected 1 to {len(indices)}.")
    return np.resize(np.random.default_rng(seed).choice(indices, modes, replace=False), len(indices))


def without_classes(
    indices: np.ndarray,  # (N,)
    labels: np.ndarray,  # of all images of the set
    dropped: int,  # number of classes that are left out, those with the highest numbers
    spare: np.ndarray,  # indices of further images, from which missing ones are replaced
    seed: int = 0,
) -> np.ndarray:
    """Replace the images of the dropped classes by others of the classes that are kept, (N,).

    Raises:
        InputError: too few spare images have a class that is kept.
    """
    kept = np.unique(labels)[: len(np.unique(labels)) - dropped]
    stay, others = indices[np.isin(labels[indices], kept)], spare[np.isin(labels[spare], kept)]
    missing = len(indices) - len(stay)
    if missing > len(others):
        raise InputError(
            f"without_classes: got {len(others)} spare images of {len(kept)} classes, expected at least {missing}. Drop fewer."
        )
    return np.concatenate([stay, np.random.default_rng(seed).choice(others, missing, replace=False)])


def memorised(
    indices: np.ndarray,  # (N,)
    training: np.ndarray,  # indices of training images, at least N
    share: float,  # share of the images that are replaced, 0 to 1
    seed: int = 0,
) -> np.ndarray:
    """Replace a share of the images by training images, none of them twice, (N,).

    Raises:
        InputError: there are too few training images.
    """
    count = round(share * len(indices))
    if count > len(training):
        raise InputError(f"memorised: got {len(training)} training images, expected at least {count}.")
    return np.concatenate([np.random.default_rng(seed).choice(training, count, replace=False), indices[count:]])

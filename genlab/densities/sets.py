"""Prepared sets of samples from a known distribution, for training with the same code as on images."""

import hashlib

import numpy as np
import pandas as pd
import torch

from genlab.densities.base import Distribution, images_of
from genlab.engine.seeding import mix
from genlab.errors import InputError
from genlab.images.prepared_set import PreparedSet
from genlab.serving.images import WHITE


def prepared(
    distribution: Distribution,
    name: str,  # of the set
    count: int,  # number of training samples
    seed: int = 0,  # of the samples
) -> PreparedSet:
    """Draw the training samples of a distribution as a prepared set of images float32 (count, 1, 1, D), divided by the extent.

    The samples are those of the seed: a training sees each of them once per pass, as it sees the images of a set.

    Raises:
        InputError: the count is not positive.
    """
    if count < 1:
        raise InputError(f"count: got {count}, expected the number of training samples, from 1 on.")
    points = distribution.sample(count, torch.Generator().manual_seed(mix(seed)))
    images = images_of(points, distribution.extent).permute(0, 2, 3, 1).numpy()
    digits = len(str(count))
    stems = [f"{index:0{digits}d}" for index in range(count)]
    empty = [""] * count
    manifest = pd.DataFrame({"path": stems, "domain": empty, "stem": stems, "pair": empty, "label": empty, "split": ["train"] * count})
    content = hashlib.sha256(repr((images.shape, distribution.extent)).encode())
    content.update(np.ascontiguousarray(images).data)
    return PreparedSet(name, "unlabelled", images, manifest, (), content.hexdigest(), WHITE)

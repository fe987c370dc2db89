"""Scores of a recipe with a style-based generator."""

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import torch

from genlab.engine.in_order import Batches
from genlab.evaluation.scores import Group, GroupName, RowName
from genlab.extractors.contract import Named, Staged
from genlab.metrics.path_length import STEP, distances_of, mean_length, steps_along
from genlab.networks.style import Generator

SEED = 0


def path_distances(generator: Generator, extractor: Staged, pairs: int) -> dict[RowName, Batches[np.ndarray]]:
    """Compute the perceptual distances of image pairs one step apart, on straight lines in W and on great circles in Z: (n,) per batch."""
    labels = torch.arange(pairs) % generator.classes if generator.classes else None
    found: dict[RowName, Batches[np.ndarray]] = {}
    spaces: dict[RowName, Literal["w", "z"]] = {RowName.W: "w", RowName.Z: "z"}
    for space, name in spaces.items():
        steps = steps_along(generator, name, pairs, SEED, labels=labels)
        found[space] = steps.mapped(lambda pair: distances_of(pair, extractor))
    return found


def path_length_scores(
    distances: Mapping[RowName, Sequence[np.ndarray]],  # space -> distances of `path_distances`, in batches
    extractor: Named,
) -> Group:
    """Compute the perceptual path length in each space; lower is smoother.

    Karras et al. 2018 (arXiv:1812.04948), section 4.1: if W is less entangled than Z, paths in W are shorter.
    """
    return Group.from_json(GroupName.PATH_LENGTH, {space: mean_length(each, STEP, extractor) for space, each in distances.items()})


def path_length_protocol(pairs: int) -> str:
    """Describe in words how path lengths are measured; part of the protocol of an evaluation."""
    return f"{pairs:,} pairs a space, t ~ U(0, 1), step {STEP:g}, the same noise at both ends; mean ± its standard error"

"""Scores of a recipe with a style-based generator."""

import logging
from typing import Literal

import torch

from genlab.evaluation.scores import Group, GroupName, RowName, Rows
from genlab.extractors.contract import Staged
from genlab.metrics.path_length import STEP, perceptual_path_length, steps_along
from genlab.networks.style import Generator

SEED = 0

log = logging.getLogger(__name__)


def path_length_scores(generator: Generator, extractor: Staged, pairs: int) -> Group:
    """Compute the perceptual path length on straight lines in W and on great circles in Z; lower is smoother.

    Karras et al. 2018 (arXiv:1812.04948), section 4.1: if W is less entangled than Z, paths in W are shorter.
    """
    labels = torch.arange(pairs) % generator.classes if generator.classes else None
    rows: Rows = {}
    spaces: dict[RowName, Literal["w", "z"]] = {RowName.W: "w", RowName.Z: "z"}
    for space, name in spaces.items():
        log.info("computing the perceptual path length in %s over %s pairs", space, f"{pairs:,}")
        steps = steps_along(generator, name, pairs, SEED, labels=labels)
        rows[space] = perceptual_path_length(steps, STEP, extractor)
    return Group.from_json(GroupName.PATH_LENGTH, rows)


def path_length_protocol(pairs: int) -> str:
    """Describe in words how path lengths are measured; part of the protocol of an evaluation."""
    return f"{pairs:,} pairs a space, t ~ U(0, 1), step {STEP:g}, the same noise at both ends; mean ± its standard error"

"""Scores of a recipe that samples by styles."""

import logging

import torch

from genlab.evaluation.scores import Group, GroupName, RowName, Rows
from genlab.extractors.contract import Extractor
from genlab.metrics.path_length import STEP, perceptual_path_length, steps_along
from genlab.networks.style import Generator

PAIRS = 500  # of images, in each space
SEED = 0

log = logging.getLogger(__name__)


def path_length_scores(generator: Generator, extractor: Extractor) -> Group:
    """Perceptual path length on straight lines in W and on great circles in Z: lower is smoother.

    Karras et al. 2018 (arXiv:1812.04948), section 4.1: if W is less entangled than Z, its paths are shorter.
    """
    labels = torch.arange(PAIRS) % generator.classes if generator.classes else None
    rows: Rows = {}
    for space in (RowName.W, RowName.Z):
        log.info("perceptual path length in %s, %s pairs", space, f"{PAIRS:,}")
        pairs = steps_along(generator, space.lower(), PAIRS, SEED, labels=labels)
        rows[space] = perceptual_path_length(pairs, STEP, extractor)
    return Group.from_json(GroupName.PATH_LENGTH, rows)


def path_length_protocol() -> str:
    """How path lengths are measured, in words."""
    return f"{PAIRS:,} pairs a space, t ~ U(0, 1), step {STEP:g}, the same noise at both ends; mean ± its standard error"

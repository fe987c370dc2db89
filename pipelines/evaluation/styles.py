"""Scores of a recipe that samples by styles."""

import logging
from typing import Any

PAIRS = 500  # of images, in each space
SEED = 0

log = logging.getLogger(__name__)


def path_length_scores(
    generator: Any,  # a genlab.networks.style.Generator
    extractor: Any,  # a genlab.metrics.features.Extractor
) -> dict[str, dict[str, float]]:
    """Perceptual path length on straight ways in W and on great circles in Z, {"W" | "Z": {score: value}}: lower is smoother.

    Karras et al. 2018 (arXiv:1812.04948), section 4.1: where W is less entangled than Z, its ways are shorter.
    """
    import torch

    from genlab.metrics.path_length import STEP, perceptual_path_length, steps_along

    labels = torch.arange(PAIRS) % generator.classes if generator.classes else None
    scores = {}
    for space in ("w", "z"):
        log.info("perceptual path length in %s, %s pairs", space.upper(), f"{PAIRS:,}")
        pairs = steps_along(generator, space, PAIRS, SEED, labels=labels)
        scores[space.upper()] = perceptual_path_length(pairs, STEP, extractor)
    return scores


def path_length_protocol() -> str:
    """How they are measured, in words."""
    from genlab.metrics.path_length import STEP

    return f"{PAIRS:,} pairs a space, t ~ U(0, 1), step {STEP:g}, the same noise at both ends; mean ± its standard error"

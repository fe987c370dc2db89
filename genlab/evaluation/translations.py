"""Scores of translations of held-out images against the true images, with two baselines: the untrained recipe, and the source images."""

import logging
from collections.abc import Mapping
from functools import partial
from typing import cast

import numpy as np
import torch

from genlab.engine.capabilities import Translates
from genlab.engine.recipe import Recipe
from genlab.evaluation.devices import Devices, divided
from genlab.evaluation.result import Result
from genlab.evaluation.scores import Evaluation, Group, RowName, Rows
from genlab.evaluation.settings import Settings
from genlab.evaluation.translating import There, Translating, translate
from genlab.evaluation.wording import translation_protocol
from genlab.extractors.contract import Extractor
from genlab.images.feeding.held_out import HeldOut
from genlab.images.prepared_set import PreparedSet
from genlab.metrics.distribution import distances
from genlab.metrics.paired import paired_scores
from genlab.metrics.perceptual import mean_distance
from genlab.pictures.training import sample_sheet

COLUMNS = 12  # of the sheet of translations

log = logging.getLogger(__name__)


def evaluate_translations(
    trained: Recipe,
    untrained: Recipe,  # the same recipe before training
    images: PreparedSet,
    extractor: Extractor,
    settings: Settings,
    device: torch.device,  # device of both recipes
    devices: Devices | None = None,  # among which translations and features are divided; None: this process computes them
) -> Result:
    """Score each direction of a recipe that translates on the held-out images, and draw a sheet of translations."""
    make = partial(Translating, extractor=extractor, settings=settings)
    translating = make(trained, untrained, images, device)
    held_out = translating.held_out
    with divided(devices, [trained, untrained], images, make) as order:
        features, directions = translate(translating, order)
    groups = [Group.from_json(each.direction, direction_scores(each, held_out, extractor, features, settings)) for each in directions]
    protocol = translation_protocol(cast(Translates, trained), images, held_out, extractor, settings)
    return Result(Evaluation.of(protocol, groups), sample_sheet(trained, images, device, COLUMNS), {})


def direction_scores(
    found: There,
    held_out: HeldOut,
    extractor: Extractor,
    features: Mapping[str, np.ndarray],  # of the held-out images, (N, D) by domain
    settings: Settings,
) -> Rows:
    """Compute the scores of the translations in one direction; the baselines are the untrained recipe and the untranslated source images.

    Without held-out pairs there are no true images, and the scores against them are left out. A recipe that also translates in the opposite
    direction has the score `cycle_l1`, the mean absolute difference between the source images and their translations there and back.
    """
    source, target = found.direction.split("_to_")
    sources = held_out.tensors[source]
    log.info("scoring translations %s of %s held-out images", found.direction, f"{len(sources):,}")
    made = {row: (each.images, each.features, each.distances) for row, each in found.forth.items()}
    made[RowName.IDENTITY] = (sources, features[source], found.identity)
    rows: Rows = {}
    for row, (result, seen, perceptual) in made.items():
        paired = paired_scores(result, held_out.tensors[target]) if held_out.are_pairs else {}
        if perceptual is not None:
            paired |= mean_distance(perceptual, extractor)
        rows[row] = paired | distances(seen, features[target], extractor, settings.kid_subsets)
    for row, returned in found.back.items():
        rows[row]["cycle_l1"] = float((returned - sources).abs().mean())
    return rows

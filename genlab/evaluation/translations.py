"""Scores of translations of held-out images against the true images, with two baselines: the untrained recipe, and the source images."""

import logging
from collections.abc import Mapping
from typing import cast

import numpy as np
import torch
from torch import Tensor

from genlab.engine.capabilities import Translates
from genlab.engine.recipe import Recipe
from genlab.engine.seeding import seed_everything
from genlab.evaluation.result import Result
from genlab.evaluation.sampler import BATCH_SIZE
from genlab.evaluation.scores import Evaluation, Group, RowName, Rows
from genlab.evaluation.settings import SUBSET_SEED, Settings
from genlab.evaluation.wording import translation_protocol
from genlab.extractors.contract import Extractor, Staged
from genlab.images.feeding.held_out import HeldOut
from genlab.images.prepared_set import PreparedSet
from genlab.metrics.distribution import distances
from genlab.metrics.paired import paired_scores
from genlab.metrics.perceptual import perceptual_scores
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
) -> Result:
    """Score each direction of a recipe that translates on the held-out images, and draw a sheet of translations."""
    held_out = HeldOut(images, device, settings.held_out)
    features = {domain: extractor(pixels) for domain, pixels in held_out.bytes.items()}
    translator, baseline = cast(Translates, trained), cast(Translates, untrained)
    groups = [
        Group.from_json(direction, direction_scores(direction, translator, baseline, held_out, extractor, features, settings))
        for direction in translator.directions
    ]
    protocol = translation_protocol(translator, images, held_out, extractor, settings)
    return Result(Evaluation.of(protocol, groups), sample_sheet(trained, images, device, COLUMNS), {})


def direction_scores(
    direction: str,  # "a_to_b" or "b_to_a"
    trained: Translates,
    untrained: Translates,
    held_out: HeldOut,
    extractor: Extractor,
    features: Mapping[str, np.ndarray],  # of the held-out images, (N, D) by domain
    settings: Settings,
) -> Rows:
    """Compute the scores of the translations in one direction; the baselines are the untrained recipe and the untranslated source images.

    Without held-out pairs there are no true images, and the scores against them are left out. A recipe that also translates in the opposite
    direction has the score `cycle_l1`, the mean absolute difference between the source images and their translations there and back.
    """
    source, target = direction.split("_to_")
    log.info("scoring translations %s of %s held-out images", direction, f"{len(held_out.tensors[source]):,}")
    recipes = {RowName.TRANSLATED: trained, RowName.UNTRAINED: untrained}
    seed_everything(SUBSET_SEED)  # a generator that keeps dropout on uses random draws
    made = {name: translated(recipe, held_out.tensors[source], direction, held_out) for name, recipe in recipes.items()}
    made[RowName.IDENTITY] = held_out.tensors[source]
    rows: Rows = {}
    for name, result in made.items():
        pixels = held_out.to_bytes(result)
        paired: dict[str, float] = {}
        if held_out.are_pairs:
            paired = paired_scores(result, held_out.tensors[target])
            if isinstance(extractor, Staged):
                paired |= perceptual_scores(pixels, held_out.bytes[target], extractor)
        seen = features[source] if name == RowName.IDENTITY else extractor(pixels)
        rows[name] = paired | distances(seen, features[target], extractor, settings.kid_subsets)
    if (back := f"{target}_to_{source}") in trained.directions:
        for name, recipe in recipes.items():
            returned = translated(recipe, made[name], back, held_out)
            rows[name]["cycle_l1"] = float((returned - held_out.tensors[source]).abs().mean())
    return rows


def translated(recipe: Translates, images: Tensor, direction: str, held_out: HeldOut) -> Tensor:
    """Images (N, C, H, W) in [-1, 1] on the CPU -> their translations on the CPU, computed in batches on the recipe's device."""
    return held_out.apply(images, lambda batch: recipe.sample(batch, direction), BATCH_SIZE)

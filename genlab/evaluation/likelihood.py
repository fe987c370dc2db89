"""Scores of recipes with a likelihood, with inference of latents from images, or with components."""

import logging
from collections.abc import Iterator
from typing import cast

import numpy as np
import torch
from tqdm import tqdm

from genlab.engine.capabilities import HasComponents, HasLikelihood, Reconstructs, components_of
from genlab.engine.recipe import Recipe
from genlab.engine.stream import Batch
from genlab.evaluation.reference import Reference
from genlab.evaluation.sampler import BATCH_SIZE
from genlab.evaluation.scores import BITS_PER_DIMENSION, Group, GroupName, RowName, Rows
from genlab.evaluation.settings import SUBSET_SEED, Settings
from genlab.extractors.contract import Extractor
from genlab.images.feeding.held_out import HeldOut
from genlab.images.feeding.order import evenly_spaced
from genlab.images.feeding.source import batch_of
from genlab.images.levels import bits_per_dimension
from genlab.images.prepared_set import PreparedSet
from genlab.metrics.clusters import cluster_scores
from genlab.metrics.distribution import distances
from genlab.metrics.neighbours import nearest
from genlab.metrics.paired import paired_scores
from genlab.mixtures.k_means import k_means

AT_ONCE = 50  # batch size of the likelihood

log = logging.getLogger(__name__)


def inference_groups(
    trained: Recipe,
    untrained: Recipe,
    reference: Reference,
    extractor: Extractor,
    settings: Settings,
    device: torch.device,  # device of both recipes
) -> list[Group]:
    """Compute the groups `likelihood`, `reconstructions` and `clusters` on held-out images, each if the recipe has the capability for it.

    `clusters` also requires a labelled set. Each capability is first called on one image, because the published scores were computed with
    the random numbers that follow such a call.
    """
    groups: list[Group] = []
    one = batch_of(reference.images, reference.test[:1], device)
    if isinstance(trained, HasLikelihood):
        trained.bounds(one)
        groups.append(likelihood_scores(trained, untrained, reference, settings, device))
    if isinstance(trained, Reconstructs):
        trained.reconstruct(one)
        groups.append(reconstruction_scores(trained, untrained, reference, extractor, settings, device))
    if (mixture := components_of(trained)) is not None:
        mixture.responsibilities(one)
        if reference.images.classes:
            groups.append(component_scores(mixture, reference, device))
    return groups


def likelihood_scores(trained: Recipe, untrained: Recipe, reference: Reference, settings: Settings, device: torch.device) -> Group:
    """Compute the means of the recipe's bounds of log p(x) in nats, the best bound in bits per dimension, and the recipe's own measures.

    The baselines are training images, whose likelihood is far higher if the recipe has memorised them, and the untrained recipe.
    """
    images, test = reference.images, reference.test
    log.info("computing the likelihood of %s held-out images", f"{len(test):,}")
    own = likelihood(trained, images, test, device)
    rows: Rows = {RowName.HELD_OUT_IMAGES: own | trained.measures(batch_of(images, test[: settings.viewed], device))}
    for name, recipe, indices in ((RowName.TRAINING_IMAGES, trained, reference.train), (RowName.UNTRAINED, untrained, test)):
        rows[name] = likelihood(recipe, images, evenly_spaced(indices, settings.compared), device)
    return Group.from_json(GroupName.LIKELIHOOD, rows)


def reconstruction_scores(
    trained: Recipe, untrained: Recipe, reference: Reference, extractor: Extractor, settings: Settings, device: torch.device
) -> Group:
    """Score the reconstructions of held-out images against the images themselves, for the trained and for the untrained recipe."""
    images, test = reference.images, reference.test
    rows: Rows = {}
    log.info("reconstructing %s held-out images from their latents", f"{len(test):,}")
    truth = batch_of(images, test)["image"]
    for name, recipe in ((RowName.RECONSTRUCTED, trained), (RowName.UNTRAINED, untrained)):
        batches = batches_of(images, test, BATCH_SIZE, device)
        returned = torch.cat([cast(Reconstructs, recipe).reconstruct(batch).float().cpu() for batch in batches])
        paired = paired_scores(returned, truth)
        seen = extractor(HeldOut.to_bytes(returned))
        rows[name] = paired | distances(seen, reference.features, extractor, settings.kid_subsets)
    return Group.from_json(GroupName.RECONSTRUCTIONS, rows)


def component_scores(trained: HasComponents, reference: Reference, device: torch.device) -> Group:
    """Score how well the most probable component of each held-out image agrees with its label; the baseline is k-means on the pixels."""
    batches = batches_of(reference.images, reference.test, BATCH_SIZE, device)
    found = torch.cat([trained.responsibilities(batch).cpu() for batch in batches])
    labels, clusters = reference.labels, clusters_by_pixels(reference, found.shape[1])
    rows: Rows = {RowName.COMPONENTS: cluster_scores(found.argmax(1).numpy(), labels), RowName.K_MEANS: cluster_scores(clusters, labels)}
    return Group.from_json(GroupName.CLUSTERS, rows)


def likelihood(recipe: Recipe, images: PreparedSet, indices: np.ndarray, device: torch.device) -> dict[str, float]:
    """Compute the mean of each bound of log p(x) over images of a set, in nats, and the best bound in bits per dimension, by name."""
    bounds, total = cast(HasLikelihood, recipe).bounds, -(-len(indices) // AT_ONCE)
    batches = tqdm(batches_of(images, indices, AT_ONCE, device), "likelihood", total, unit="batch", disable=None)
    found = [bounds(batch) for batch in batches]
    means = {name: float(torch.cat([each[name] for each in found]).mean()) for name in found[0]}
    return {BITS_PER_DIMENSION: bits_per_dimension(next(iter(means.values())), images.images[0].size), **means}


def clusters_by_pixels(reference: Reference, count: int) -> np.ndarray:
    """Assign each held-out image to a cluster, (N,), by k-means with `count` centres on the pixels of the training images."""
    pixels = reference.images.images.reshape(len(reference.images.images), -1)
    centres = k_means(pixels[reference.train].astype(float), min(count, len(reference.train)), SUBSET_SEED)
    return nearest(pixels[reference.test].astype(float), centres).indices[:, 0]


def batches_of(images: PreparedSet, indices: np.ndarray, size: int, device: torch.device) -> Iterator[Batch]:
    """Yield the images at these indices of a set in batches of at most `size`."""
    for start in range(0, len(indices), size):
        yield batch_of(images, indices[start : start + size], device)

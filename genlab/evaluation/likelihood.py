"""Scores of recipes with a likelihood, with inference of latents from images, or with components."""

import logging
from collections.abc import Iterator
from typing import cast

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from genlab.engine.capabilities import HasComponents, HasLikelihood, Reconstructs, components_of
from genlab.engine.recipe import Recipe
from genlab.engine.stream import Batch
from genlab.evaluation.scores import BITS_PER_DIMENSION, Group, GroupName, RowName, Rows
from genlab.evaluation.settings import BATCH_SIZE, SUBSET_SEED, VIEWED
from genlab.extractors.contract import Extractor
from genlab.images.feeding.held_out import HeldOut
from genlab.images.feeding.order import evenly_spaced
from genlab.images.feeding.source import batch_of
from genlab.images.levels import bits_per_dimension
from genlab.images.prepared_set import PreparedSet
from genlab.metrics.clusters import cluster_scores
from genlab.metrics.distribution import distribution_scores
from genlab.metrics.neighbours import nearest
from genlab.metrics.paired import paired_scores
from genlab.mixtures.k_means import k_means

COMPARED = 100  # maximum number of images per baseline
AT_ONCE = 50  # batch size of the likelihood

log = logging.getLogger(__name__)


def inference_groups(
    trained: Recipe,
    untrained: Recipe,
    images: PreparedSet,
    held_out: Batch,  # held-out images of the set, on the device of both recipes
    extractor: Extractor,
    features: np.ndarray,  # of the held-out images
) -> list[Group]:
    """Compute the groups `likelihood`, `reconstructions` and `clusters` on held-out images, each if the recipe has the capability for it.

    `clusters` also requires a labelled set. Each capability is first called on one image, because the published scores were computed with
    the random numbers that follow such a call.
    """
    groups: list[Group] = []
    one = first(held_out, 1)
    if isinstance(trained, HasLikelihood):
        trained.bounds(one)
        groups.append(likelihood_scores(trained, untrained, images, held_out))
    if isinstance(trained, Reconstructs):
        trained.reconstruct(one)
        groups.append(reconstruction_scores(trained, untrained, held_out, extractor, features))
    if (mixture := components_of(trained)) is not None:
        mixture.responsibilities(one)
        if images.classes:
            groups.append(component_scores(mixture, images, held_out))
    return groups


def likelihood_scores(trained: Recipe, untrained: Recipe, images: PreparedSet, held_out: Batch) -> Group:
    """Compute the means of the recipe's bounds of log p(x) in nats, the best bound in bits per dimension, and the recipe's own measures.

    The baselines are training images, whose likelihood is far higher if the recipe has memorised them, and the untrained recipe.
    """
    test, train = images.indices("test"), images.indices("train")
    log.info("computing the likelihood of %s held-out images", f"{len(test):,}")
    rows: Rows = {RowName.HELD_OUT_IMAGES: likelihood(trained, held_out) | trained.measures(first(held_out, VIEWED))}
    for name, recipe, indices in ((RowName.TRAINING_IMAGES, trained, train), (RowName.UNTRAINED, untrained, test)):
        rows[name] = likelihood(recipe, batch_of(images, evenly_spaced(indices, COMPARED), held_out["image"].device))
    return Group.from_json(GroupName.LIKELIHOOD, rows)


def reconstruction_scores(trained: Recipe, untrained: Recipe, held_out: Batch, extractor: Extractor, features: np.ndarray) -> Group:
    """Score the reconstructions of held-out images against the images themselves, for the trained and for the untrained recipe."""
    count = len(held_out["image"])
    rows: Rows = {}
    log.info("reconstructing %s held-out images from their latents", f"{count:,}")
    for name, recipe in ((RowName.RECONSTRUCTED, trained), (RowName.UNTRAINED, untrained)):
        returned = torch.cat([cast(Reconstructs, recipe).reconstruct(batch).float().cpu() for batch in parts(held_out, BATCH_SIZE)])
        paired = paired_scores(returned, held_out["image"].cpu())
        seen = extractor(HeldOut.to_bytes(returned))
        rows[name] = paired | distribution_scores(seen, features, extractor, SUBSET_SEED, count)
    return Group.from_json(GroupName.RECONSTRUCTIONS, rows)


def component_scores(trained: HasComponents, images: PreparedSet, held_out: Batch) -> Group:
    """Score how well the most probable component of each held-out image agrees with its label; the baseline is k-means on the pixels."""
    found = torch.cat([trained.responsibilities(batch).cpu() for batch in parts(held_out, BATCH_SIZE)])
    labels, clusters = held_out["label"].cpu().numpy(), clusters_by_pixels(images, found.shape[1])
    rows: Rows = {RowName.COMPONENTS: cluster_scores(found.argmax(1).numpy(), labels), RowName.K_MEANS: cluster_scores(clusters, labels)}
    return Group.from_json(GroupName.CLUSTERS, rows)


def likelihood(recipe: Recipe, batch: Batch) -> dict[str, float]:
    """Compute the mean of each bound of log p(x) over the images of a batch, in nats, and the best bound in bits per dimension, by name."""
    bounds = cast(HasLikelihood, recipe).bounds
    found = [bounds(some) for some in tqdm(list(parts(batch, AT_ONCE)), "likelihood", unit="batch", disable=None)]
    means = {name: float(torch.cat([each[name] for each in found]).mean()) for name in found[0]}
    return {BITS_PER_DIMENSION: bits_per_dimension(next(iter(means.values())), batch["image"][0].numel()), **means}


def clusters_by_pixels(images: PreparedSet, count: int) -> np.ndarray:
    """Assign each held-out image to a cluster, (N,), by k-means with `count` centres on the pixels of the training images."""
    test, train = images.indices("test"), images.indices("train")
    pixels = images.images.reshape(len(images.images), -1)
    centres = k_means(pixels[train].astype(float), min(count, len(train)), SUBSET_SEED)
    return nearest(pixels[test].astype(float), centres).indices[:, 0]


def first(batch: Batch, count: int) -> dict[str, Tensor]:
    """Return the first `count` images of a batch, with their labels."""
    return {name: values[:count] for name, values in batch.items()}


def parts(batch: Batch, size: int) -> Iterator[dict[str, Tensor]]:
    """Split a batch into batches of at most `size` images."""
    for values in zip(*(each.split(size) for each in batch.values()), strict=True):
        yield dict(zip(batch, values, strict=True))

"""Scores of what only some samplers have: a likelihood, inference of latents from images, components."""

import logging
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from genlab.engine.capabilities import HasLikelihood, Reconstructs, components_of
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

COMPARED = 100  # images of each baseline
AT_ONCE = 50  # images whose likelihood is computed together

log = logging.getLogger(__name__)


def inference_groups(
    trained: Recipe,
    untrained: Recipe,
    images: PreparedSet,
    held_out: Batch,  # its held-out images, on the recipes' device
    extractor: Extractor,
    features: np.ndarray,  # of the held-out images
) -> list[Group]:
    """Scores of held-out images by the recipe's inference; only the groups that it has the capabilities for.

    Each capability is called once on one image first: published scores were computed with the random numbers that follow such a call.
    """
    groups, one = [], first(held_out, 1)
    if isinstance(trained, HasLikelihood):
        trained.bounds(one)
        groups.append(likelihood_scores(trained, untrained, images, held_out))
    if isinstance(trained, Reconstructs):
        trained.reconstruct(one)
        groups.append(reconstruction_scores(trained, untrained, held_out, extractor, features))
    if components_of(trained) is not None:
        trained.responsibilities(one)
        if images.classes:
            groups.append(component_scores(trained, images, held_out))
    return groups


def likelihood_scores(trained: Recipe, untrained: Recipe, images: PreparedSet, held_out: Batch) -> Group:
    """Means of the recipe's bounds of log p(x) in nats, the best of them in bits per dimension, and the recipe's own measures.

    Compared with those of training images (far above: they are remembered) and of the untrained recipe.
    """
    test, train = images.indices("test"), images.indices("train")
    log.info("the likelihood of %s held-out images", f"{len(test):,}")
    rows: Rows = {RowName.HELD_OUT_IMAGES: likelihood(trained, held_out) | trained.measures(first(held_out, VIEWED))}
    for name, recipe, indices in ((RowName.TRAINING_IMAGES, trained, train), (RowName.UNTRAINED, untrained, test)):
        rows[name] = likelihood(recipe, batch_of(images, evenly_spaced(indices, COMPARED), held_out["image"].device))
    return Group.from_json(GroupName.LIKELIHOOD, rows)


def reconstruction_scores(trained: Recipe, untrained: Recipe, held_out: Batch, extractor: Extractor, features: np.ndarray) -> Group:
    """Held-out images reconstructed from their latents, compared with the images themselves."""
    count, rows = len(held_out["image"]), {}
    log.info("%s held-out images, reconstructed from their latents", f"{count:,}")
    for name, recipe in ((RowName.RECONSTRUCTED, trained), (RowName.UNTRAINED, untrained)):
        returned = torch.cat([recipe.reconstruct(batch).float().cpu() for batch in parts(held_out, BATCH_SIZE)])
        paired = paired_scores(returned, held_out["image"].cpu())
        seen = extractor(HeldOut.to_bytes(returned))
        rows[name] = paired | distribution_scores(seen, features, extractor, SUBSET_SEED, count)
    return Group.from_json(GroupName.RECONSTRUCTIONS, rows)


def component_scores(trained: Recipe, images: PreparedSet, held_out: Batch) -> Group:
    """The likeliest component of each held-out image against the labels, compared with k-means on the pixels."""
    found = torch.cat([trained.responsibilities(batch).cpu() for batch in parts(held_out, BATCH_SIZE)])
    labels, clusters = held_out["label"].cpu().numpy(), clusters_by_pixels(images, found.shape[1])
    rows = {RowName.COMPONENTS: cluster_scores(found.argmax(1).numpy(), labels), RowName.K_MEANS: cluster_scores(clusters, labels)}
    return Group.from_json(GroupName.CLUSTERS, rows)


def likelihood(recipe: Recipe, batch: Batch) -> dict[str, float]:
    """The means of a recipe's bounds over the images of a batch, and the best of them in bits per dimension."""
    found = [recipe.bounds(some) for some in tqdm(list(parts(batch, AT_ONCE)), "likelihood", unit="batch", disable=None)]
    means = {name: float(torch.cat([each[name] for each in found]).mean()) for name in found[0]}
    return {BITS_PER_DIMENSION: bits_per_dimension(next(iter(means.values())), batch["image"][0].numel()), **means}


def clusters_by_pixels(images: PreparedSet, count: int) -> np.ndarray:
    """The cluster of each held-out image, (N,), by k-means with `count` centres on the training images' pixels."""
    test, train = images.indices("test"), images.indices("train")
    pixels = images.images.reshape(len(images.images), -1)
    centres = k_means(pixels[train].astype(float), min(count, len(train)), SUBSET_SEED)
    return nearest(pixels[test].astype(float), centres).indices[:, 0]


def first(batch: Batch, count: int) -> dict[str, Tensor]:
    """The first `count` images of a batch."""
    return {name: values[:count] for name, values in batch.items()}


def parts(batch: Batch, size: int) -> Iterator[dict[str, Tensor]]:
    """A batch in smaller ones, of at most `size` images."""
    for values in zip(*(each.split(size) for each in batch.values()), strict=True):
        yield dict(zip(batch, values, strict=True))

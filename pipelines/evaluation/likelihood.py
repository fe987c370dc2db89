"""Scores of what only some samplers have: a likelihood, a way back from images to latents, components."""

import logging
from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.evaluation.nodes import BATCH_SIZE, SUBSET_SEED

COMPARED = 100  # images of each baseline
AT_ONCE = 50  # images whose likelihood is computed together
VIEWED = 1000  # held-out images that a recipe's own measures and views are made of, at most

log = logging.getLogger(__name__)
Groups = dict[str, dict[str, dict[str, float]]]


def inference_scores(
    trained: Any,  # a genlab.engine.Recipe
    untrained: Any,
    images: Any,  # a genlab.images.prepared_set.PreparedSet
    device: Any,
    extractor: Any,  # a genlab.metrics.features.Extractor
    features: Any,  # of the held-out images
) -> Groups:
    """Held-out images through the recipe's inference -> {group: {row: {score: value}}}, the recipe's own row first.

    `likelihood`: means of its bounds of log p(x) in nats, the best of them in bits per dimension, and what else describes the recipe;
    beside those of training images (far above: they are remembered) and of the untrained recipe. `reconstructions`: held-out images by
    way of their latents, against themselves. `clusters`: its components against the labels, beside k-means on the pixels.
    """
    import torch

    from genlab.images.held_out import HeldOut
    from genlab.images.stream import batch_of
    from genlab.metrics.clusters import cluster_scores
    from genlab.metrics.distribution import distribution_scores
    from genlab.metrics.paired import paired_scores
    from genlab.pictures import spread

    test, train = images.indices("test"), images.indices("train")
    held_out = batch_of(images, test, device)
    groups: Groups = {}
    if trained.bounds(first(held_out, 1)):
        log.info("the likelihood of %s held-out images", f"{len(test):,}")
        some = {"training images": (trained, train), "untrained": (untrained, test)}
        groups["likelihood"] = {"held-out images": likelihood(trained, held_out) | trained.measures(first(held_out, VIEWED))}
        for name, (recipe, indices) in some.items():
            groups["likelihood"][name] = likelihood(recipe, batch_of(images, spread(indices, COMPARED), device))
    if trained.reconstruct(first(held_out, 1)) is not None:
        log.info("%s held-out images by way of their latents", f"{len(test):,}")
        groups["reconstructions"] = {}
        for name, recipe in (("reconstructed", trained), ("untrained", untrained)):
            returned = torch.cat([recipe.reconstruct(batch).float().cpu() for batch in parts(held_out, BATCH_SIZE)])
            paired = paired_scores(returned, held_out["image"].cpu())
            groups["reconstructions"][name] = paired | distribution_scores(
                extractor(HeldOut.to_bytes(returned)), features, extractor, SUBSET_SEED, len(test)
            )
    found = trained.responsibilities(first(held_out, 1))
    if found is not None and images.classes:
        labels = held_out["label"].cpu().numpy()
        chosen = torch.cat([trained.responsibilities(batch).argmax(1).cpu() for batch in parts(held_out, BATCH_SIZE)])
        groups["clusters"] = {
            "components": cluster_scores(chosen.numpy(), labels),
            "k-means": cluster_scores(by_pixels(images, train, test, found.shape[1]), labels),
        }
    return groups


def likelihood(recipe: Any, batch: Mapping[str, Any]) -> dict[str, float]:
    """The means of a recipe's bounds over the images of a batch, and the best of them in bits per dimension."""
    import torch
    from tqdm import tqdm

    from genlab.levels import bits_per_dimension

    found = [recipe.bounds(some) for some in tqdm(list(parts(batch, AT_ONCE)), "likelihood", unit="batch", disable=None)]
    means = {name: float(torch.cat([each[name] for each in found]).mean()) for name in found[0]}
    return {"bits_per_dimension": bits_per_dimension(next(iter(means.values())), batch["image"][0].numel()), **means}


def by_pixels(images: Any, train: Any, test: Any, count: int) -> Any:
    """The cluster of each held-out image, (N,), by k-means on the training images' pixels."""
    from genlab.k_means import k_means
    from genlab.metrics.neighbours import nearest

    pixels = images.images.reshape(len(images.images), -1)
    centres = k_means(pixels[train].astype(float), min(count, len(train)), SUBSET_SEED)
    return nearest(pixels[test].astype(float), centres).indices[:, 0]


def first(batch: Mapping[str, Any], count: int) -> dict[str, Any]:
    return {name: values[:count] for name, values in batch.items()}


def parts(batch: Mapping[str, Any], size: int) -> Iterator[dict[str, Any]]:
    """A batch in smaller ones."""
    for values in zip(*(each.split(size) for each in batch.values()), strict=True):
        yield dict(zip(batch, values, strict=True))

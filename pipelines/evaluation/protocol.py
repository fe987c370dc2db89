"""How samples are scored, in words: scores compare only where all of it is the same."""

import hashlib
from collections.abc import Set
from typing import Any

from pipelines.evaluation.classes import like_training
from pipelines.evaluation.likelihood import COMPARED
from pipelines.evaluation.nodes import SUBSET_SEED
from pipelines.evaluation.styles import path_length_protocol
from pipelines.training.parameters import Budget

SAMPLING_SEED = 0  # not the training's: models of any seed sample the same latents
BINS = 100  # of pixel space
LARGEST_SUBSET = 1000  # images, arXiv:1801.01401
KERNEL_SUBSETS = "100 subsets of half the images, at most 1,000, without replacement"


def protocol_of(
    images: Any,  # a genlab.images.prepared_set.PreparedSet
    extractor: Any,  # a genlab.metrics.features.Extractor
    recipe: Any,  # a genlab.engine.Recipe
    groups: Set[str],  # of its scores
    budget: Budget,
) -> dict[str, Any]:
    """The protocol of a recipe's scores; what only some are scored by only where they are."""
    import numpy as np

    from genlab.metrics.classifier import PROTOCOL
    from genlab.metrics.manifold import NEIGHBOURS

    test, train = images.indices("test"), images.indices("train")
    styled = "; psi = 1; noise from N(0, 1) for each image" if recipe.truncates == "styles" else ""
    protocol = {
        "extractor": extractor.name,
        "extractor_sha256": extractor.sha256,
        "resize": "bilinear, antialiased, 224 px",
        "images": {"held_out": len(test), "generated": len(test)},
        "training_images": len(train),
        "reference_sha256": hashlib.sha256(np.ascontiguousarray(images.images[test])).hexdigest(),
        "size": list(images.images.shape[1:3]),
        "samples": f"as many as held-out images, latents from N(0, 1), not truncated{styled}",
        "sampling_seed": SAMPLING_SEED,
        "kid": "unbiased, cubic kernel, the whole sets",
        "kid_spread": f"standard deviation over {KERNEL_SUBSETS}",
        "precision_recall": f"k = {NEIGHBOURS} nearest neighbours, Euclidean",
        "nearest_training": "median distance to the nearest of all training images, Euclidean",
        "ndb": f"bins of k-means on training pixels, at most {BINS}; two proportions differ at 5 %",
        "seed": SUBSET_SEED,
    }
    if "in_domain" in groups:
        protocol["classifier"] = PROTOCOL
    if recipe.classes:
        protocol["labels"] = "those of the held-out images"
    if recipe.classes or budget.sampling != "natural":
        protocol["training_sampling"] = budget.sampling
    if "classes" in groups:
        protocol["cas"] = f"{len(like_training(images)):,} generated images, with the labels of as many training images"
    if "path_length" in groups:
        protocol["path_length"] = path_length_protocol()
    if "likelihood" in groups:
        protocol["likelihood"] = f"nats, means over images, of {recipe.facts()['scored']}; baselines on {min(COMPARED, len(test))} of them"
    return protocol

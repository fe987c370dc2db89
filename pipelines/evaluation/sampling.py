"""The node that scores samples."""

import hashlib
import logging
from collections.abc import Callable
from typing import Any

from pipelines.evaluation.nodes import BATCH_SIZE, SUBSET_SEED

SAMPLING_SEED = 0  # not the training's: models of any seed sample the same latents
LARGEST_SUBSET = 1000  # images, arXiv:1801.01401
KERNEL_SUBSETS = "100 subsets of half the images, at most 1,000, without replacement"

log = logging.getLogger(__name__)


def score_samples(
    checkpoint: dict[str, Any],  # the trained recipe's state_dict
    model: dict[str, Any],
    images: Any,  # a genlab.images.prepared_set.PreparedSet
    compute: dict[str, Any],
    seed: int,
    extractor: Any,  # a genlab.metrics.features.Extractor
) -> tuple[dict[str, Any], Any, Any, Any, Any]:
    """As many samples as there are held-out images, against these, beside two baselines: the untrained recipe, and training images.

    Training images are what a perfect sampler would give, so their KID, precision and recall are the best that can be hoped for.
    A sampler that copies them would score as well: `nearest_training` tells it apart, the median over the images of the distance to
    the nearest training image. Copies are at 0, and new images of the same kind where the held-out images are, whose row has this
    score alone. Well below theirs, samples are remembered, or more alike than real images are: then recall is low too.

    Returns: {"headline", "protocol", "samples": {"generated" | "untrained" | "training images" | "held-out images": {score: value}}},
    and four pictures: samples; interpolations between latents; samples above their nearest training images; truncations.

    Raises:
        InputError: fewer than two images are held out, or are there to train on.
    """
    import numpy as np

    from genlab.build import build
    from genlab.images.held_out import FEWEST, HeldOut
    from genlab.latents import normal
    from genlab.metrics.distribution import distribution_scores
    from genlab.metrics.manifold import NEIGHBOURS, precision, recall
    from genlab.metrics.neighbours import nearest
    from genlab.pictures import spread
    from genlab.sampling_pictures import LATENTS, RANKS, grid, interpolation, neighbours, truncation
    from genlab.seeding import seed_everything

    place = build(compute, "compute")
    test, train = images.indices("test"), images.indices("train")
    check_counts(images.name, len(test), len(train), FEWEST)
    seed_everything(seed)
    untrained = place.place(build(model, "model"), 0)
    trained = place.place(build(model, "model"), 0)
    trained.load_state_dict(checkpoint)
    features = extractor.of_set(images)
    held_out, training = features[test], features[train]

    log.info("%s samples, and as many of the untrained recipe", f"{len(test):,}")
    sample = sampler(trained, place.device)
    latents = normal(max(len(test), LATENTS), trained.latent_size, SAMPLING_SEED)
    samples = sample(latents)
    rows = {
        "generated": extractor(HeldOut.to_bytes(samples[: len(test)])),
        "untrained": extractor(HeldOut.to_bytes(sampler(untrained, place.device)(latents[: len(test)]))),
        "training images": features[spread(train, len(test))],
    }
    log.info("their scores, against %s held-out images", f"{len(test):,}")
    scores = {
        name: distribution_scores(seen, held_out, extractor, SUBSET_SEED, LARGEST_SUBSET)
        | {"precision": precision(held_out, seen), "recall": recall(held_out, seen)}
        for name, seen in rows.items()
    }
    resembling = {
        "generated": nearest(rows["generated"], training, len(RANKS)),
        "untrained": nearest(rows["untrained"], training),
        "held-out images": nearest(held_out, training),
    }
    for name, found in resembling.items():
        scores.setdefault(name, {})["nearest_training"] = float(np.median(found.distances[:, 0]))

    kid = f"kid_{extractor.name}"
    headline = {"name": kid, "value": scores["generated"][kid], "lower_is_better": True}
    protocol = {
        "extractor": extractor.name,
        "extractor_sha256": extractor.sha256,
        "resize": "bilinear, antialiased, 224 px",
        "images": {"held_out": len(test), "generated": len(test)},
        "training_images": len(train),
        "reference_sha256": hashlib.sha256(np.ascontiguousarray(images.images[test])).hexdigest(),
        "size": list(images.images.shape[1:3]),
        "samples": "as many as held-out images, latents from N(0, 1), not truncated",
        "sampling_seed": SAMPLING_SEED,
        "kid": "unbiased, cubic kernel, the whole sets",
        "kid_spread": f"standard deviation over {KERNEL_SUBSETS}",
        "precision_recall": f"k = {NEIGHBOURS} nearest neighbours, Euclidean",
        "nearest_training": "median distance to the nearest of all training images, Euclidean",
        "seed": SUBSET_SEED,
    }
    pictures = (
        grid(samples),
        interpolation(sample, latents),
        neighbours(samples, train[resembling["generated"].indices], images),
        truncation(sample, latents),
    )
    return {"headline": headline, "protocol": protocol, "samples": scores}, *pictures


def check_counts(image_set: str, held_out: int, training: int, fewest: int) -> None:
    """Whether there is enough to compare.

    Raises:
        InputError: there is not.
    """
    from genlab.errors import InputError

    if held_out < fewest:
        raise InputError(
            f"Image set '{image_set}' holds out {held_out} images; scoring needs at least {fewest}. Add images, or raise the share `test`."
        )
    if training < fewest:
        raise InputError(
            f"Image set '{image_set}' has {training} training images; scoring needs at least {fewest}. "
            "Add images, or lower the share `test`."
        )


def sampler(recipe: Any, device: Any) -> Callable[[Any], Any]:
    """Latents (N, latent_size) -> the recipe's images (N, C, H, W) in [-1, 1], in batches, from the CPU and back to it."""
    import torch

    def sample(latents: torch.Tensor) -> torch.Tensor:
        return torch.cat([recipe.sample(some.to(device)).float().cpu() for some in latents.split(BATCH_SIZE)])

    return sample

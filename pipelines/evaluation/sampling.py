"""The node that scores samples."""

import hashlib
import logging
from collections.abc import Callable
from typing import Any

from pipelines.evaluation.likelihood import COMPARED, VIEWED, first, inference_scores
from pipelines.evaluation.nodes import BATCH_SIZE, SUBSET_SEED

SAMPLING_SEED = 0  # not the training's: models of any seed sample the same latents
BINS = 100  # of pixel space
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
) -> tuple[dict[str, Any], Any, dict[str, Any]]:
    """As many samples as there are held-out images, against these, beside two baselines: the untrained recipe, and training images.

    Training images are what a perfect sampler would give, so their KID, precision and recall are the best that can be hoped for.
    A sampler that copies them would score as well: `nearest_training` tells it apart, the median over the images of the distance to
    the nearest training image. Copies are at 0, and new images of the same kind where the held-out images are, whose row has this
    score alone. Well below theirs, samples are remembered, or more alike than real images are: then recall is low too. `ndb` is the
    share of bins of pixel space that samples fill otherwise than held-out images do; beside it that of training images.

    A recipe that is told labels gets those of the held-out images. One with a likelihood, latents of images or components is also scored
    by these (inference_scores), and its headline is its likelihood.

    Returns: {"headline", "protocol", "samples": {"generated" | "untrained" | "training images" | "held-out images": {score: value}},
    ...}; the samples as a picture; and others by name: interpolations between latents; samples above their nearest training images;
    truncations; and the recipe's own views.

    Raises:
        InputError: fewer than two images are held out, or are there to train on.
    """
    import numpy as np
    import torch

    from genlab.build import build
    from genlab.drawing import draw
    from genlab.images.held_out import FEWEST, HeldOut
    from genlab.images.stream import batch_of
    from genlab.latents import normal
    from genlab.metrics.bins import bins_of
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
    sample, truth = sampler(trained, place.device), batch_of(images, test, place.device)
    count = max(len(test), LATENTS)
    latents = normal(count, trained.latent_size, SAMPLING_SEED)
    labels = truth["label"].cpu()[torch.arange(count) % len(test)] if trained.classes else None
    samples = sample(latents, labels)
    made = {
        "generated": HeldOut.to_bytes(samples[: len(test)]),
        "untrained": HeldOut.to_bytes(sampler(untrained, place.device)(latents, labels)[: len(test)]),
    }
    like_test = spread(train, len(test))
    rows = {name: extractor(pixels) for name, pixels in made.items()} | {"training images": features[like_test]}
    made["training images"] = images.images[like_test]
    log.info("their scores, against %s held-out images", f"{len(test):,}")
    scores = {
        name: distribution_scores(seen, held_out, extractor, SUBSET_SEED, LARGEST_SUBSET)
        | {"precision": precision(held_out, seen), "recall": recall(held_out, seen)}
        for name, seen in rows.items()
    }
    bins = bins_of(flat(images.images[train]), BINS)
    for name, pixels in made.items():
        scores[name]["ndb"] = bins.different(flat(pixels), flat(images.images[test])).share
    resembling = {
        "generated": nearest(rows["generated"], training, len(RANKS)),
        "untrained": nearest(rows["untrained"], training),
        "held-out images": nearest(held_out, training),
    }
    for name, found in resembling.items():
        scores.setdefault(name, {})["nearest_training"] = float(np.median(found.distances[:, 0]))

    seed_everything(SAMPLING_SEED)  # bounds of the likelihood draw
    inferred = inference_scores(trained, untrained, images, place.device, extractor, held_out)
    kid = f"kid_{extractor.name}"
    headline = {"name": kid, "value": scores["generated"][kid], "lower_is_better": True}
    if "likelihood" in inferred:
        own = next(iter(inferred["likelihood"].values()))
        headline = {"name": "bits_per_dimension", "value": own["bits_per_dimension"], "lower_is_better": True}
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
        "ndb": f"bins of k-means on training pixels, at most {BINS}; two proportions differ at 5 %",
        "seed": SUBSET_SEED,
    }
    if "likelihood" in inferred:
        protocol["likelihood"] = f"nats, means over images, of {trained.facts()['scored']}; baselines on {min(COMPARED, len(test))} of them"
    pictures = {
        "interpolation": interpolation(sample, latents, labels),
        "neighbours": neighbours(samples, train[resembling["generated"].indices], images),
        "truncation": truncation(sample, latents, labels),
    }
    pictures |= {name: draw(view) for name, view in trained.views(first(truth, VIEWED), images.classes).items()}
    return {"headline": headline, "protocol": protocol, "samples": scores} | inferred, grid(samples), pictures


def flat(pixels: Any) -> Any:
    """uint8 (N, H, W, C) -> (N, H x W x C)."""
    return pixels.reshape(len(pixels), -1)


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


def sampler(recipe: Any, device: Any) -> Callable[[Any, Any], Any]:
    """Latents (N, latent_size) and labels (N,), or None -> the recipe's images (N, C, H, W) in [-1, 1], in batches; all on the CPU."""
    import torch

    def sample(latents: torch.Tensor, labels: torch.Tensor | None = None) -> torch.Tensor:
        told = [latents] if labels is None else [latents, labels]
        batches = zip(*(each.split(BATCH_SIZE) for each in told), strict=True)
        return torch.cat([recipe.sample(*(each.to(device) for each in batch)).float().cpu() for batch in batches])

    return sample

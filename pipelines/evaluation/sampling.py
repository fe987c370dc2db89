"""The node that scores samples."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from pipelines.evaluation.classes import class_scores, has_classes, kid_within_classes, truncation_scores
from pipelines.evaluation.likelihood import inference_scores
from pipelines.evaluation.nodes import BATCH_SIZE, SUBSET_SEED
from pipelines.evaluation.pictures import sample_pictures
from pipelines.evaluation.protocol import BINS, LARGEST_SUBSET, SAMPLING_SEED, protocol_of
from pipelines.evaluation.styles import path_length_scores
from pipelines.training.parameters import Budget

log = logging.getLogger(__name__)


def score_samples(
    checkpoint: dict[str, Any],  # the trained recipe's state_dict
    model: dict[str, Any],
    images: Any,  # a genlab.images.prepared_set.PreparedSet
    compute: dict[str, Any],
    seed: int,
    extractor: Any,  # a genlab.metrics.features.Extractor
    classifiers: Any,  # a genlab.metrics.classifier.Classifiers
    budget: Budget,
) -> tuple[dict[str, Any], Any, dict[str, Any]]:
    """As many samples as there are held-out images, against these, beside two baselines: the untrained recipe, and training images.

    `samples`: training images are what a perfect sampler would give, so their KID, precision and recall are the best that can be hoped
    for. A sampler that copies them would score as well: `nearest_training` tells it apart, the median over the images of the distance
    to the nearest training image. Copies are at 0, and new images of the same kind where the held-out images are, whose row has this
    score alone. Well below theirs, samples are remembered, or more alike than real images are: then recall is low too. `ndb` is the
    share of bins of pixel space that samples fill otherwise than held-out images do; beside it that of training images.

    `in_domain`, of a labelled set: the same by the features of a classifier trained on its training images. Features learnt on ImageNet
    say little about small grey images. With one class alone there is nothing to learn, and no score that needs a classifier.

    A recipe that is told labels gets those of the held-out images, and has `classes` (class_scores, and `kid_<extractor>_within`, the
    mean of what follows), `kid_within_classes` and `truncation` (truncation_scores); of one that truncates styles there is always the
    last. One with a likelihood, latents of images or components is also scored by these: `likelihood`, `reconstructions`, `clusters`
    (inference_scores); its likelihood is its headline.

    Returns: {"headline", "protocol", group: {row: {score: value}}}, the groups in the order above, in each the recipe's own row first; the
    samples as a picture; and others by name (sample_pictures).

    Raises:
        InputError: fewer than two images are held out, or are there to train on.
    """
    import numpy as np
    import torch

    from genlab.build import build
    from genlab.images.held_out import FEWEST, HeldOut
    from genlab.images.stream import batch_of
    from genlab.latents import normal
    from genlab.metrics.bins import bins_of
    from genlab.metrics.neighbours import nearest
    from genlab.pictures import spread
    from genlab.sampling_pictures import LATENTS, RANKS, TRUNCATIONS
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
    scores = quality(rows, held_out, extractor)
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

    groups = {"samples": scores}
    classifier = classifiers.of_set(images) if has_classes(images) else None
    if classifier is not None:
        seen = {name: classifier(pixels) for name, pixels in made.items()}
        groups["in_domain"] = quality(seen, classifier(images.images[test]), classifier)
    if trained.classes and classifier is not None:
        groups["classes"] = class_scores(sample, trained.latent_size, made, images, classifier)
        told = {name: rows[name] for name in ("generated", "untrained")}
        if within := kid_within_classes(told, features, images):
            groups["kid_within_classes"] = within
            for name in told:
                groups["classes"][name][f"kid_{extractor.name}_within"] = float(np.mean(list(within[name].values())))
    if trained.truncates == "styles" or "classes" in groups:
        by = TRUNCATIONS[trained.truncates]
        groups["truncation"] = truncation_scores(sample, latents, images, classifier or extractor, by, told=trained.classes > 0)
    if trained.truncates == "styles":
        groups["path_length"] = path_length_scores(trained.generators()["generator"], extractor)
    seed_everything(SAMPLING_SEED)  # bounds of the likelihood draw
    groups |= inference_scores(trained, untrained, images, place.device, extractor, held_out)

    kid = f"kid_{extractor.name}"
    headline = {"name": kid, "value": scores["generated"][kid], "lower_is_better": True}
    if "likelihood" in groups:
        own = next(iter(groups["likelihood"].values()))
        headline = {"name": "bits_per_dimension", "value": own["bits_per_dimension"], "lower_is_better": True}
    protocol = protocol_of(images, extractor, trained, set(groups), budget)
    nearest_training = train[resembling["generated"].indices]
    alike = sampler(trained, place.device, own_noise=False)
    grid, pictures = sample_pictures(trained, alike, latents, samples, nearest_training, truth, images, groups.get("truncation"))
    return {"headline": headline, "protocol": protocol} | groups, grid, pictures


def quality(rows: Mapping[str, Any], held_out: Any, extractor: Any) -> dict[str, dict[str, float]]:
    """Features (N, D) by row, and of the held-out images (N, D) -> {row: {score: value}}: KID, FID, precision, recall."""
    from genlab.metrics.distribution import distribution_scores
    from genlab.metrics.manifold import precision, recall

    return {
        name: distribution_scores(seen, held_out, extractor, SUBSET_SEED, LARGEST_SUBSET)
        | {"precision": precision(held_out, seen), "recall": recall(held_out, seen)}
        for name, seen in rows.items()
    }


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


def sampler(
    recipe: Any,
    device: Any,
    own_noise: bool = True,  # for each image, of a recipe that takes noise; else one for all
) -> Callable[..., Any]:
    """Latents (N, latent_size), labels (N,), or None -> the recipe's images (N, C, H, W) in [-1, 1], in batches; all on the CPU.

    Of a recipe that truncates styles also psi. An image's own noise is a function of its place in the call alone.
    """
    import torch

    from genlab.latents import normal
    from genlab.seeding import mix

    def styled(number: int, count: int, psi: float) -> dict[str, Any]:
        """What a recipe that truncates styles also takes for a batch."""
        if recipe.truncates != "styles":
            return {}
        noise = normal(BATCH_SIZE, recipe.noise_size, mix(SAMPLING_SEED, number), device)[:count] if own_noise else None
        return {"noise": noise, "truncation": psi}

    def sample(latents: torch.Tensor, labels: torch.Tensor | None = None, psi: float = 1.0) -> torch.Tensor:
        told = [latents] if labels is None else [latents, labels]
        images = []
        for number, batch in enumerate(zip(*(each.split(BATCH_SIZE) for each in told), strict=True)):
            made = recipe.sample(*(each.to(device) for each in batch), **styled(number, len(batch[0]), psi))
            images.append(made.float().cpu())
        return torch.cat(images)

    return sample

"""Evaluation of a recipe that translates images or samples them."""

from typing import Literal, cast

import numpy as np
import torch

from genlab.engine.capabilities import Samples, Truncated, is_conditional, truncated_by
from genlab.engine.recipe import Recipe
from genlab.engine.seeding import seed_everything
from genlab.evaluation.classes import class_groups, has_classes
from genlab.evaluation.likelihood import inference_groups
from genlab.evaluation.pictures import sample_pictures
from genlab.evaluation.result import Result
from genlab.evaluation.sampler import sampler
from genlab.evaluation.samples import Drawn, check_counts, draw_samples, in_domain_scores, sample_scores
from genlab.evaluation.scores import Evaluation, Group, GroupName, RowName
from genlab.evaluation.settings import SAMPLING_SEED
from genlab.evaluation.styles import path_length_scores
from genlab.evaluation.translations import evaluate_translations
from genlab.evaluation.truncation import truncation_scores
from genlab.evaluation.wording import sample_protocol
from genlab.extractors.classifier import Classifier
from genlab.extractors.classifier_cache import Classifiers
from genlab.extractors.contract import Extractor
from genlab.images.feeding.held_out import HeldOut
from genlab.images.feeding.source import batch_of
from genlab.images.prepared_set import PreparedSet
from genlab.networks.style import Generator
from genlab.pictures.samples import TRUNCATIONS

CPU = torch.device("cpu")


def evaluate(
    trained: Recipe,
    untrained: Recipe,  # the same recipe before training, as a baseline
    images: PreparedSet,
    extractor: Extractor,
    classifiers: Classifiers | None = None,  # None: skip the scores that need a classifier
    device: torch.device = CPU,  # device of both recipes
    sampling: Literal["natural", "balanced"] = "natural",  # how training drew classes; recorded in the protocol only
) -> Result:
    """Score a recipe on the held-out images of a set, compare it with baselines, and draw pictures.

    A recipe that translates has one group of scores per direction, see `translations.direction_scores`. A recipe that samples has the
    group `samples`, and `in_domain` if the set has several classes. Further groups depend on its capabilities:

    - conditional on labels: `classes`, `kid_within_classes`, `truncation`; samples use the labels of the held-out images;
    - truncates styles: `truncation`, `path_length`;
    - has a likelihood: `likelihood`, which is then the headline;
    - infers latents: `reconstructions`;
    - has components: `clusters`, on a labelled set.

    Raises:
        InputError: a domain has fewer than two held-out images, or the set of a recipe that samples has fewer than two training images.
    """
    if images.kind in ("paired", "unpaired"):
        return evaluate_translations(trained, untrained, images, extractor, HeldOut(images, device))
    return evaluate_samples(trained, untrained, images, extractor, classifiers, device, sampling)


def evaluate_samples(
    trained: Recipe,
    untrained: Recipe,
    images: PreparedSet,
    extractor: Extractor,
    classifiers: Classifiers | None,
    device: torch.device,
    sampling: Literal["natural", "balanced"],
) -> Result:
    """Evaluate a recipe that samples; see `evaluate`."""
    check_counts(images)
    held_out = batch_of(images, images.indices("test"), device)
    drawn, features = draw_samples(trained, untrained, images, held_out), extractor.of_set(images)
    seen: dict[str, np.ndarray] = {name: extractor(drawn.pixels[name]) for name in (RowName.GENERATED, RowName.UNTRAINED)}
    seen[RowName.TRAINING_IMAGES] = features[drawn.like_test]
    own, resembling = sample_scores(drawn.pixels, seen, features, images, extractor)
    classifier = classifiers.of_set(images) if classifiers is not None and has_classes(images) else None
    groups = [own, *sampling_groups(trained, drawn, seen, features, images, extractor, classifier, device)]
    seed_everything(SAMPLING_SEED)  # bounds of the likelihood use random draws
    groups += inference_groups(trained, untrained, images, held_out, extractor, features[images.indices("test")])
    scores = Evaluation.of(sample_protocol(trained, images, extractor, {group.name for group in groups}, sampling), groups)
    sheet, pictures = sample_pictures(
        trained,
        sampler(trained, device, own_noise=False),
        drawn.latents,
        drawn.samples,
        resembling,
        held_out,
        images,
        scores.group(GroupName.TRUNCATION),
    )
    return Result(scores, sheet, pictures)


def sampling_groups(
    trained: Recipe,
    drawn: Drawn,
    seen: dict[str, np.ndarray],  # features of the drawn images
    features: np.ndarray,  # of all images of the set
    images: PreparedSet,
    extractor: Extractor,
    classifier: Classifier | None,
    device: torch.device,
) -> list[Group]:
    """Compute the further groups of a recipe that samples: by a classifier, by truncation, and perceptual path length."""
    sample, recipe = sampler(trained, device), cast(Samples, trained)
    groups: list[Group] = []
    by_styles, by_classes = truncated_by(trained) == Truncated.STYLES, is_conditional(trained) and classifier is not None
    if classifier is not None:
        groups.append(in_domain_scores(drawn.pixels, images, classifier))
    if by_classes and classifier is not None:
        groups += class_groups(sample, recipe.latent_size, drawn.pixels, seen, features, images, classifier, extractor.name)
    if by_styles or by_classes:
        by = TRUNCATIONS[truncated_by(trained)]
        groups.append(truncation_scores(sample, drawn.latents, images, classifier or extractor, by, conditional=is_conditional(trained)))
    if by_styles:
        groups.append(path_length_scores(cast(Generator, recipe.generators()["generator"]), extractor))
    return groups

"""Evaluation of a recipe that translates images or samples them."""

from pathlib import Path
from typing import Literal, cast

import torch

from genlab.engine.capabilities import Samples, Truncated, is_conditional, truncated_by
from genlab.engine.recipe import Recipe
from genlab.engine.seeding import seed_everything
from genlab.evaluation.classes import class_groups, has_classes
from genlab.evaluation.further import further_scores
from genlab.evaluation.likelihood import inference_groups
from genlab.evaluation.pictures import sample_pictures
from genlab.evaluation.reference import Reference, reference_of
from genlab.evaluation.result import Result
from genlab.evaluation.sampler import SAMPLING_SEED, batch_sampler, sampler
from genlab.evaluation.samples import Drawn, draw_samples, in_domain_scores, sample_scores
from genlab.evaluation.scores import Evaluation, Group, GroupName, RowName
from genlab.evaluation.seen import Observer, pixel_bins
from genlab.evaluation.settings import Settings
from genlab.evaluation.styles import path_length_scores
from genlab.evaluation.translations import evaluate_translations
from genlab.evaluation.truncation import truncation_scores
from genlab.evaluation.wording import sample_protocol
from genlab.extractors.classifier import Classifier
from genlab.extractors.classifier_cache import Classifiers
from genlab.extractors.contract import Extractor, Preparable, Staged
from genlab.images.prepared_set import PreparedSet
from genlab.networks.style import Generator
from genlab.pictures.samples import TRUNCATIONS

CPU = torch.device("cpu")


def evaluate(
    trained: Recipe,
    untrained: Recipe,  # the same recipe before training, as a baseline
    images: PreparedSet,
    extractor: Preparable,
    classifiers: Classifiers | None = None,  # None: skip the scores that need a classifier
    device: torch.device = CPU,  # device of both recipes
    sampling: Literal["natural", "balanced"] = "natural",  # how training drew classes; recorded in the protocol only
    settings: Settings | None = None,  # None: the defaults
    cache: Path | None = None,  # folder of the statistics of the held-out images; None: they are computed again
) -> Result:
    """Score a recipe on the held-out images of a set, compare it with baselines, and draw pictures.

    A recipe that translates has one group of scores per direction, see `translations.direction_scores`. A recipe that samples has the
    groups `samples` and, last, `further`, and `in_domain` if the set has several classes. Further groups depend on its capabilities:

    - conditional on labels: `classes`, `kid_within_classes`, `truncation`; samples use the labels of the held-out images;
    - truncates styles: `truncation`, and `path_length` if the extractor has activations;
    - has a likelihood: `likelihood`, which is then the headline;
    - infers latents: `reconstructions`;
    - has components: `clusters`, on a labelled set.

    Features and counts of samples are computed batch by batch, so that their number is limited by the disk, not by memory.

    Raises:
        InputError: a domain has fewer than two held-out images, or the set of a recipe that samples has fewer than two training images.
    """
    settings, prepared = settings or Settings(), extractor.prepared(images)
    if images.kind in ("paired", "unpaired"):
        return evaluate_translations(trained, untrained, images, prepared, settings, device)
    return evaluate_samples(trained, untrained, images, prepared, classifiers, device, sampling, settings, cache)


def evaluate_samples(
    trained: Recipe,
    untrained: Recipe,
    images: PreparedSet,
    extractor: Extractor,
    classifiers: Classifiers | None,
    device: torch.device,
    sampling: Literal["natural", "balanced"],
    settings: Settings,
    cache: Path | None,
) -> Result:
    """Evaluate a recipe that samples; see `evaluate`."""
    reference = reference_of(images, extractor, settings)
    classifier = classifiers.of_set(images) if classifiers is not None and settings.classifier and has_classes(images) else None
    observe = Observer(extractor, classifier, pixel_bins(images, reference.train, settings), settings.patched)
    drawn = draw_samples(trained, untrained, reference, settings, observe, device)
    own, resembling = sample_scores(drawn, reference, extractor, settings, cache)
    further = further_scores(drawn.seen, reference, extractor, settings)
    groups = [own, *sampling_groups(trained, drawn, reference, extractor, classifier, device, settings)]
    seed_everything(SAMPLING_SEED)  # bounds of the likelihood use random draws
    groups += [*inference_groups(trained, untrained, reference, extractor, settings, device), further]
    protocol = sample_protocol(trained, reference, extractor, {group.name for group in groups}, sampling, settings)
    scores = Evaluation.of(protocol, groups)
    sheet, pictures = sample_pictures(
        trained,
        device,
        sampler(trained, device, own_noise=False),
        drawn.latents,
        drawn.first,
        resembling,
        reference,
        settings,
        scores.group(GroupName.TRUNCATION),
    )
    return Result(scores, sheet, pictures)


def sampling_groups(
    trained: Recipe,
    drawn: Drawn,
    reference: Reference,
    extractor: Extractor,
    classifier: Classifier | None,
    device: torch.device,
    settings: Settings,
) -> list[Group]:
    """Compute the further groups of a recipe that samples: by a classifier, by truncation, and perceptual path length."""
    recipe, conditional = cast(Samples, trained), is_conditional(trained)
    groups: list[Group] = []
    by_styles, by_classes = truncated_by(trained) == Truncated.STYLES, conditional and classifier is not None
    if classifier is not None:
        groups.append(in_domain_scores(drawn, classifier, settings))
    if by_classes and classifier is not None and drawn.labels is not None:
        given = drawn.labels.numpy()[: len(drawn.seen[RowName.GENERATED].features)]
        batches = batch_sampler(trained, device)
        groups += class_groups(batches, recipe.latent_size, drawn.seen, given, reference, classifier, extractor.name, settings)
    if by_styles or by_classes:
        by, sample = TRUNCATIONS[truncated_by(trained)], sampler(trained, device)
        features = classifier or extractor
        held_out = (
            reference.features if drawn.held_out.in_domain is None else drawn.held_out.in_domain
        )  # of the classifier, if there is one
        groups.append(truncation_scores(sample, drawn.latents, reference, features, held_out, by, conditional, settings.truncated))
    if by_styles and isinstance(extractor, Staged):
        groups.append(path_length_scores(cast(Generator, recipe.generators()["generator"]), extractor, settings.pairs))
    return groups
